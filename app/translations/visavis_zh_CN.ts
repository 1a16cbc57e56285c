<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>AnswerView</name>
    <message>
        <source>Answer</source>
        <translation>回答</translation>
    </message>
    <message>
        <source>Copy the answer</source>
        <translation>复制回答</translation>
    </message>
    <message>
        <source>Play the answer again</source>
        <translation>重新播放回答</translation>
    </message>
    <message>
        <source>Save the answer as WAV</source>
        <translation>将回答另存为 WAV</translation>
    </message>
    <message>
        <source>Answer again</source>
        <translation>重新回答</translation>
    </message>
    <message>
        <source>How long it took</source>
        <translation>用时</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>first sound after %.1f s</source>
        <translation>%.1f 秒后开始发声</translation>
    </message>
    <message>
        <source>first word after %.1f s</source>
        <translation>%.1f 秒后出现首字</translation>
    </message>
</context>
<context>
    <name>Application</name>
    <message>
        <source>picture %d</source>
        <translation>图片 %d</translation>
    </message>
</context>
<context>
    <name>Banner</name>
    <message>
        <source>Close this message</source>
        <translation>关闭此消息</translation>
    </message>
    <message>
        <source>Restart the engine</source>
        <translation>重启引擎</translation>
    </message>
    <message>
        <source>Open settings</source>
        <translation>打开设置</translation>
    </message>
</context>
<context>
    <name>Captions</name>
    <message>
        <source>Listening…</source>
        <translation>正在听…</translation>
    </message>
</context>
<context>
    <name>ConversationView</name>
    <message>
        <source>Conversation</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>Go to the newest message</source>
        <translation>转到最新消息</translation>
    </message>
</context>
<context>
    <name>DevicesPage</name>
    <message>
        <source>Sound and camera</source>
        <translation>声音与摄像头</translation>
    </message>
    <message>
        <source>Microphone</source>
        <translation>麦克风</translation>
    </message>
    <message>
        <source>System default</source>
        <translation>系统默认</translation>
    </message>
    <message>
        <source>Test</source>
        <translation>测试</translation>
    </message>
    <message>
        <source>Test the microphone</source>
        <translation>测试麦克风</translation>
    </message>
    <message>
        <source>Press Test and speak: the bars should rise.</source>
        <translation>点“测试”并说话：条形应随声音升高。</translation>
    </message>
    <message>
        <source>Loudspeaker</source>
        <translation>扬声器</translation>
    </message>
    <message>
        <source>Play a test sound</source>
        <translation>播放测试音</translation>
    </message>
    <message>
        <source>Camera</source>
        <translation>摄像头</translation>
    </message>
    <message>
        <source>The first one</source>
        <translation>第一个</translation>
    </message>
    <message>
        <source>Test the camera</source>
        <translation>测试摄像头</translation>
    </message>
    <message>
        <source>What the camera sees</source>
        <translation>摄像头看到的画面</translation>
    </message>
    <message>
        <source>Press Test: you should see yourself.</source>
        <translation>按“测试”，您应该会看到自己。</translation>
    </message>
    <message>
        <source>In hands-free conversation</source>
        <translation>免提对话时</translation>
    </message>
    <message>
        <source>Let my voice interrupt</source>
        <translation>允许我的声音打断</translation>
    </message>
    <message>
        <source>No headphones are needed. An “mhm” or a cough only makes it wait for a moment.</source>
        <translation>不需要耳机。“嗯”一声或咳嗽只会让它稍等片刻。</translation>
    </message>
</context>
<context>
    <name>DraftField</name>
    <message>
        <source>Message</source>
        <translation>消息</translation>
    </message>
</context>
<context>
    <name>DropOverlay</name>
    <message>
        <source>Drop pictures, sounds or videos to ask about them</source>
        <translation>拖放图片、声音或视频，即可就其提问</translation>
    </message>
</context>
<context>
    <name>Face</name>
    <message>
        <source>The face, eyes open: it sees</source>
        <translation>面孔，睁着眼：它能看见</translation>
    </message>
    <message>
        <source>The face, eyes half closed</source>
        <translation>面孔，半闭着眼</translation>
    </message>
</context>
<context>
    <name>FileChip</name>
    <message>
        <source>Remove %s</source>
        <translation>移除 %s</translation>
    </message>
    <message>
        <source>reading, %d %%</source>
        <translation>正在读取，%d %%</translation>
    </message>
    <message>
        <source>reading…</source>
        <translation>正在读取…</translation>
    </message>
    <message>
        <source>cannot be used</source>
        <translation>无法使用</translation>
    </message>
</context>
<context>
    <name>FilmPlayer</name>
    <message>
        <source>Play %s</source>
        <translation>播放 %s</translation>
    </message>
</context>
<context>
    <name>FilmStrip</name>
    <message>
        <source>%d frames that the model saw, up to %s; the arrow keys choose one, Enter plays from it</source>
        <translation>模型看到的 %d 帧，到 %s 为止；用方向键选择一帧，按回车键从该处播放</translation>
    </message>
</context>
<context>
    <name>HistoryList</name>
    <message>
        <source>Conversations</source>
        <translation>对话列表</translation>
    </message>
</context>
<context>
    <name>HistoryModel</name>
    <message>
        <source>Without words</source>
        <translation>没有文字</translation>
    </message>
    <message>
        <source>Pinned</source>
        <translation>已置顶</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>今天</translation>
    </message>
    <message>
        <source>Yesterday</source>
        <translation>昨天</translation>
    </message>
    <message>
        <source>Last seven days</source>
        <translation>最近七天</translation>
    </message>
    <message>
        <source>Older</source>
        <translation>更早</translation>
    </message>
    <message numerus="yes">
        <source>%n message(s)</source>
        <translation>
            <numerusform>%n 条消息</numerusform>
        </translation>
    </message>
    <message>
        <source>, pinned</source>
        <translation>，已置顶</translation>
    </message>
</context>
<context>
    <name>HistoryPage</name>
    <message>
        <source>Conversations</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>For ever</source>
        <translation>永久</translation>
    </message>
    <message>
        <source>One year</source>
        <translation>一年</translation>
    </message>
    <message>
        <source>90 days</source>
        <translation>90 天</translation>
    </message>
    <message>
        <source>30 days</source>
        <translation>30 天</translation>
    </message>
    <message>
        <source>Seven days</source>
        <translation>七天</translation>
    </message>
    <message>
        <source>Not at all</source>
        <translation>不保留</translation>
    </message>
    <message>
        <source>Keep them</source>
        <translation>保留期限</translation>
    </message>
    <message>
        <source>Older ones are deleted for good, within the hour and whenever the program starts, unless they are pinned. “Not at all” keeps no new ones; what is there already stays until you delete it.</source>
        <translation>更早的对话会在一小时内以及每次启动时彻底删除，已置顶的除外。“不保留”表示不再保存新的对话；已有的对话会一直保留，直到您将其删除。</translation>
    </message>
    <message>
        <source>Everything is kept on this computer only.</source>
        <translation>所有内容只保存在这台电脑上。</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Delete all conversations…</source>
        <translation>删除所有对话…</translation>
    </message>
    <message>
        <source>Delete for good</source>
        <translation>彻底删除</translation>
    </message>
    <message>
        <source>Delete all conversations, the pinned ones too?</source>
        <translation>要删除所有对话（包括已置顶的）吗？</translation>
    </message>
    <message>
        <source>Their words and their sound are erased and cannot be brought back.</source>
        <translation>其中的文字和声音将被抹除，无法恢复。</translation>
    </message>
    <message>
        <source>Delete all</source>
        <translation>全部删除</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>保留</translation>
    </message>
</context>
<context>
    <name>HistoryPanel</name>
    <message>
        <source>Search conversations</source>
        <translation>搜索对话</translation>
    </message>
    <message>
        <source>Private: keep nothing</source>
        <translation>隐私：不保留任何内容</translation>
    </message>
    <message>
        <source>Conversations</source>
        <translation>对话列表</translation>
    </message>
    <message>
        <source>Close the list of conversations (Ctrl+B)</source>
        <translation>关闭对话列表 (Ctrl+B)</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>重命名</translation>
    </message>
    <message>
        <source>Unpin</source>
        <translation>取消置顶</translation>
    </message>
    <message>
        <source>Pin to the top</source>
        <translation>置顶</translation>
    </message>
    <message>
        <source>Export as text (Markdown)…</source>
        <translation>导出为文本 (Markdown)…</translation>
    </message>
    <message>
        <source>Export with sound and files…</source>
        <translation>连同声音和文件导出…</translation>
    </message>
    <message>
        <source>Delete for good…</source>
        <translation>彻底删除…</translation>
    </message>
    <message>
        <source>Conversation</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>Markdown (*.md)</source>
        <translation>Markdown (*.md)</translation>
    </message>
    <message>
        <source>Zip archive (*.zip)</source>
        <translation>Zip 压缩包 (*.zip)</translation>
    </message>
    <message>
        <source>Export the conversation</source>
        <translation>导出对话</translation>
    </message>
    <message>
        <source>Delete for good</source>
        <translation>彻底删除</translation>
    </message>
    <message>
        <source>Delete “{title}”?</source>
        <translation>要删除“{title}”吗？</translation>
    </message>
    <message>
        <source>Its words and its sound are erased and cannot be brought back.</source>
        <translation>其中的文字和声音将被抹除，无法恢复。</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>Nothing was found for “{words}”.</source>
        <translation>没有找到“{words}”。</translation>
    </message>
    <message>
        <source>What you talk about will be kept here, on this computer only.</source>
        <translation>您的对话将保存在这里，仅在这台电脑上。</translation>
    </message>
</context>
<context>
    <name>InputBar</name>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Ask something, or drop a file here</source>
        <translation>提个问题，或将文件拖到这里</translation>
    </message>
    <message>
        <source>Add a picture, sound or video (Ctrl+O)</source>
        <translation>添加图片、声音或视频 (Ctrl+O)</translation>
    </message>
    <message>
        <source>Hands-free conversation (Ctrl+H)</source>
        <translation>免提对话 (Ctrl+H)</translation>
    </message>
    <message>
        <source>Mute the microphone; the call goes on (Ctrl+M)</source>
        <translation>麦克风静音；通话继续 (Ctrl+M)</translation>
    </message>
    <message>
        <source>Hold to talk, or click (Ctrl+Space)</source>
        <translation>按住说话，或单击 (Ctrl+Space)</translation>
    </message>
    <message>
        <source>Send (Enter)</source>
        <translation>发送 (Enter)</translation>
    </message>
    <message>
        <source>Stop (Esc)</source>
        <translation>停止 (Esc)</translation>
    </message>
    <message>
        <source>Add files</source>
        <translation>添加文件</translation>
    </message>
    <message>
        <source>Pictures, sounds and videos</source>
        <translation>图片、声音和视频</translation>
    </message>
    <message>
        <source>Loading the model… you can already ask</source>
        <translation>正在加载模型…您可以先提问</translation>
    </message>
    <message>
        <source>Listening…</source>
        <translation>正在听…</translation>
    </message>
    <message>
        <source>Thinking…</source>
        <translation>正在思考…</translation>
    </message>
    <message>
        <source>Answering…</source>
        <translation>正在回答…</translation>
    </message>
    <message>
        <source>Speaking…</source>
        <translation>正在说话…</translation>
    </message>
    <message>
        <source>The engine is not running</source>
        <translation>引擎未运行</translation>
    </message>
    <message>
        <source>Muted: it does not hear you</source>
        <translation>已静音：它听不到您</translation>
    </message>
    <message>
        <source>Hands-free: just speak</source>
        <translation>免提：直接说话即可</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
</context>
<context>
    <name>Keys</name>
    <message>
        <source>Begin to talk; again: that was all</source>
        <translation>开始说话；再按一次：说完了</translation>
    </message>
    <message>
        <source>Hands-free conversation on or off</source>
        <translation>打开或关闭免提对话</translation>
    </message>
    <message>
        <source>Mute the microphone of a hands-free conversation, or not</source>
        <translation>免提对话时麦克风静音或取消静音</translation>
    </message>
    <message>
        <source>Let it see: a camera, a screen or a window</source>
        <translation>让它看：摄像头、屏幕或窗口</translation>
    </message>
    <message>
        <source>The face of calls, or none</source>
        <translation>显示或隐藏通话面孔</translation>
    </message>
    <message>
        <source>What is spoken in large letters, or not</source>
        <translation>用大字显示所说的话，或不显示</translation>
    </message>
    <message>
        <source>Stop the answer; else close what is open</source>
        <translation>停止回答；没有回答时关闭打开的面板</translation>
    </message>
    <message>
        <source>Send what is typed</source>
        <translation>发送输入的内容</translation>
    </message>
    <message>
        <source>A new line</source>
        <translation>换行</translation>
    </message>
    <message>
        <source>Add pictures, sounds and videos</source>
        <translation>添加图片、声音和视频</translation>
    </message>
    <message>
        <source>Go to the text field</source>
        <translation>转到输入框</translation>
    </message>
    <message>
        <source>New conversation</source>
        <translation>新对话</translation>
    </message>
    <message>
        <source>List of conversations</source>
        <translation>对话列表</translation>
    </message>
    <message>
        <source>Search conversations</source>
        <translation>搜索对话</translation>
    </message>
    <message>
        <source>Rename a conversation in the list</source>
        <translation>重命名列表中的对话</translation>
    </message>
    <message>
        <source>Delete a conversation in the list</source>
        <translation>删除列表中的对话</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>End the program</source>
        <translation>退出程序</translation>
    </message>
</context>
<context>
    <name>KeysPage</name>
    <message>
        <source>Keys</source>
        <translation>快捷键</translation>
    </message>
</context>
<context>
    <name>Lamps</name>
    <message>
        <source>muted</source>
        <translation>已静音</translation>
    </message>
    <message>
        <source>microphone on</source>
        <translation>麦克风已开</translation>
    </message>
    <message>
        <source>camera on</source>
        <translation>摄像头已开</translation>
    </message>
    <message>
        <source>screen shared</source>
        <translation>正在共享屏幕</translation>
    </message>
    <message>
        <source>window shared</source>
        <translation>正在共享窗口</translation>
    </message>
</context>
<context>
    <name>LevelMeter</name>
    <message>
        <source>Microphone level</source>
        <translation>麦克风音量</translation>
    </message>
</context>
<context>
    <name>LookButton</name>
    <message>
        <source>Let it see: a camera, a screen or a window (Ctrl+E)</source>
        <translation>让它看：摄像头、屏幕或窗口（Ctrl+E）</translation>
    </message>
    <message>
        <source>What it may see</source>
        <translation>允许它看什么</translation>
    </message>
    <message>
        <source>Looking for cameras…</source>
        <translation>正在查找摄像头…</translation>
    </message>
    <message>
        <source>No camera is connected</source>
        <translation>未连接摄像头</translation>
    </message>
    <message>
        <source>Camera: %s</source>
        <translation>摄像头：%s</translation>
    </message>
    <message>
        <source>Screen: %s</source>
        <translation>屏幕：%s</translation>
    </message>
    <message>
        <source>Window: %s</source>
        <translation>窗口：%s</translation>
    </message>
    <message>
        <source>See nothing</source>
        <translation>什么也不看</translation>
    </message>
</context>
<context>
    <name>LookPage</name>
    <message>
        <source>Appearance</source>
        <translation>外观</translation>
    </message>
    <message>
        <source>Like the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>主题</translation>
    </message>
    <message>
        <source>Size of the text</source>
        <translation>文字大小</translation>
    </message>
    <message>
        <source>A face in calls (F8)</source>
        <translation>通话时显示面孔（F8）</translation>
    </message>
    <message>
        <source>What is spoken in large letters (F9)</source>
        <translation>用大字显示所说的话（F9）</translation>
    </message>
    <message>
        <source>Less motion</source>
        <translation>减少动画</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
</context>
<context>
    <name>MachineView</name>
    <message>
        <source>Looking at this machine…</source>
        <translation>正在检查这台电脑…</translation>
    </message>
    <message>
        <source>This machine could not be looked at. Try the command doctor in a terminal.</source>
        <translation>无法检查这台电脑。请在终端中运行 doctor 命令。</translation>
    </message>
    <message>
        <source>Everything that is needed is here: nano runs on this machine.</source>
        <translation>所需的一切都已具备：nano 可以在这台电脑上运行。</translation>
    </message>
    <message>
        <source>Something is missing: answers cannot be made here yet.</source>
        <translation>缺少某些内容：暂时还不能在这里生成回答。</translation>
    </message>
    <message>
        <source>good</source>
        <translation>正常</translation>
    </message>
    <message>
        <source>missing</source>
        <translation>缺少</translation>
    </message>
    <message>
        <source>Model nano</source>
        <translation>nano 模型</translation>
    </message>
    <message>
        <source>Model 3b</source>
        <translation>模型 3b</translation>
    </message>
    <message>
        <source>Model 7b</source>
        <translation>模型 7b</translation>
    </message>
    <message>
        <source>Processor</source>
        <translation>处理器</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>Graphics card</source>
        <translation>显卡</translation>
    </message>
    <message>
        <source>Microphone</source>
        <translation>麦克风</translation>
    </message>
    <message>
        <source>Loudspeaker</source>
        <translation>扬声器</translation>
    </message>
    <message>
        <source>Camera</source>
        <translation>摄像头</translation>
    </message>
    <message>
        <source>Disk</source>
        <translation>磁盘</translation>
    </message>
    <message>
        <source>it is missing or damaged; set the program up again</source>
        <translation>缺失或已损坏；请重新安装程序</translation>
    </message>
    <message>
        <source>it needs at most {needed} GB of memory</source>
        <translation>最多需要 {needed} GB 内存</translation>
    </message>
    <message>
        <source>it needs {needed} GB of memory, which are not free; close other programs</source>
        <translation>需要 {needed} GB 内存，但空闲内存不足；请关闭其他程序</translation>
    </message>
    <message numerus="yes">
        <source>%n core(s) can be used</source>
        <translation>
            <numerusform>可使用 %n 个核心</numerusform>
        </translation>
    </message>
    <message>
        <source>{free} of {total} GB are free</source>
        <translation>共 {total} GB，空闲 {free} GB</translation>
    </message>
    <message>
        <source>none that can be used; nano runs well without</source>
        <translation>没有可用的显卡；nano 没有显卡也能流畅运行</translation>
    </message>
    <message>
        <source>none; connect one, or type your questions</source>
        <translation>没有；请连接一个，或用键盘提问</translation>
    </message>
    <message>
        <source>none; connect one, or read the answers</source>
        <translation>没有；请连接一个，或阅读文字回答</translation>
    </message>
    <message>
        <source>none; drop pictures and videos instead</source>
        <translation>没有；可以改为拖放图片和视频</translation>
    </message>
    <message>
        <source>looked for when you switch it on</source>
        <translation>打开时再查找</translation>
    </message>
    <message>
        <source>{free} GB are free</source>
        <translation>空闲 {free} GB</translation>
    </message>
    <message>
        <source>too large: it needs {needed} GB, {free} are free</source>
        <translation>太大：需要 {needed} GB，可用 {free} GB</translation>
    </message>
    <message>
        <source>it would run, but the disk has no room for it</source>
        <translation>可以运行，但磁盘空间不足</translation>
    </message>
    <message>
        <source>installed; it runs in {precision}</source>
        <translation>已安装；以 {precision} 运行</translation>
    </message>
    <message>
        <source>it would run in {precision}, with {needed} GB of {free}; to be downloaded in the settings</source>
        <translation>可用 {precision} 运行，需 {needed} GB，可用 {free} GB；可在设置中下载</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>private</source>
        <translation>隐私</translation>
    </message>
    <message>
        <source>Nothing of this conversation is kept.</source>
        <translation>不会保留此对话的任何内容。</translation>
    </message>
    <message>
        <source>Conversations (Ctrl+B)</source>
        <translation>对话列表 (Ctrl+B)</translation>
    </message>
    <message>
        <source>New conversation (Ctrl+N)</source>
        <translation>新对话 (Ctrl+N)</translation>
    </message>
    <message>
        <source>Settings (Ctrl+,)</source>
        <translation>设置 (Ctrl+,)</translation>
    </message>
    <message>
        <source>no model</source>
        <translation>没有模型</translation>
    </message>
    <message>
        <source>loading…</source>
        <translation>正在加载…</translation>
    </message>
</context>
<context>
    <name>MarkedPicture</name>
    <message>
        <source>Picture with %d marks: %s</source>
        <translation>带有 %d 个标记的图片：%s</translation>
    </message>
</context>
<context>
    <name>MessageView</name>
    <message>
        <source>answer-%d.wav</source>
        <translation>回答-%d.wav</translation>
    </message>
    <message>
        <source>Save as WAV</source>
        <translation>另存为 WAV</translation>
    </message>
    <message>
        <source>Sound (*.wav)</source>
        <translation>声音 (*.wav)</translation>
    </message>
</context>
<context>
    <name>Messages</name>
    <message>
        <source>The engine stopped before the answer was complete.</source>
        <translation>回答完成之前，引擎已停止。</translation>
    </message>
    <message>
        <source>The engine was restarted.</source>
        <translation>引擎已重启。</translation>
    </message>
    <message>
        <source>The engine could not be started ({0}).</source>
        <translation>无法启动引擎（{0}）。</translation>
    </message>
    <message>
        <source>The engine is not running; restart it, then ask again.</source>
        <translation>引擎未运行；请先重启引擎，然后再提问。</translation>
    </message>
    <message>
        <source>The engine has stopped (signal {0}). Your conversation is kept; restart the engine to go on.</source>
        <translation>引擎已停止（信号 {0}）。您的对话已保留；请重启引擎以继续。</translation>
    </message>
    <message>
        <source>The engine has stopped (code {0}). Your conversation is kept; restart the engine to go on.</source>
        <translation>引擎已停止（代码 {0}）。您的对话已保留；请重启引擎以继续。</translation>
    </message>
    <message>
        <source>The graphics device was lost; the engine was started again.</source>
        <translation>显卡设备丢失；引擎已重新启动。</translation>
    </message>
    <message>
        <source>There was not enough memory; the model is loaded in {0}, with {1} tokens of context.</source>
        <translation>内存不足；模型已改用 {0} 加载，上下文为 {1} 个词元。</translation>
    </message>
    <message>
        <source>There was not enough memory; the model is loaded in {0}, with {1} tokens of context, ear and eye in fewer bits.</source>
        <translation>内存不足；模型已改用 {0} 加载，上下文为 {1} 个词元，听觉和视觉部分使用更少的位数。</translation>
    </message>
    <message>
        <source>Something went wrong in the engine ({0}: {1}).</source>
        <translation>引擎出错（{0}：{1}）。</translation>
    </message>
    <message>
        <source>There is not enough memory for this; try something shorter or smaller.</source>
        <translation>内存不足；请换用更短或更小的内容。</translation>
    </message>
    <message>
        <source>No model is loaded; choose one in the settings.</source>
        <translation>尚未加载模型；请在设置中选择一个。</translation>
    </message>
    <message>
        <source>This conversation is long; the model has forgotten the oldest pictures.</source>
        <translation>对话很长；模型已忘记最早的图片。</translation>
    </message>
    <message>
        <source>This conversation is long; the model has forgotten its beginning.</source>
        <translation>对话很长；模型已忘记开头的内容。</translation>
    </message>
    <message>
        <source>This is {0} tokens long, but only {1} of the model&apos;s {2} are left; shorten it or begin a new conversation.</source>
        <translation>内容有 {0} 个词元，但模型的 {2} 个词元中只剩 {1} 个；请缩短内容或开始新对话。</translation>
    </message>
    <message>
        <source>There is no text in the question.</source>
        <translation>问题中没有文字。</translation>
    </message>
    <message>
        <source>There is nothing to answer yet.</source>
        <translation>还没有可回答的内容。</translation>
    </message>
    <message>
        <source>The sound is silent; there is nothing to hear.</source>
        <translation>声音是静音；什么也听不到。</translation>
    </message>
    <message>
        <source>The sound is {0} s long; there is nothing to hear.</source>
        <translation>声音只有 {0} 秒；什么也听不到。</translation>
    </message>
    <message>
        <source>A picture of {0} pixels shows nothing.</source>
        <translation>{0} 像素的图片看不出任何内容。</translation>
    </message>
    <message>
        <source>A picture of {0} pixels is too long and thin to be seen.</source>
        <translation>{0} 像素的图片太细长，无法看清。</translation>
    </message>
    <message>
        <source>{0} has no voice; its answers are text only.</source>
        <translation>{0} 没有嗓音；回答只有文字。</translation>
    </message>
    <message>
        <source>{0} has no voice “{1}”; {2} speaks.</source>
        <translation>{0} 没有嗓音“{1}”；改由 {2} 说话。</translation>
    </message>
    <message>
        <source>The model {0} is not installed; fetch it ({1}) with: visavis models download {2}</source>
        <translation>模型 {0} 尚未安装；用此命令下载（{1}）：visavis models download {2}</translation>
    </message>
    <message>
        <source>The model {0} is not installed; fetch it with: visavis models download {1}</source>
        <translation>模型 {0} 尚未安装；用此命令下载：visavis models download {1}</translation>
    </message>
    <message>
        <source>The model &quot;{0}&quot; is not installed; give {1}, a folder or a hub id.</source>
        <translation>模型“{0}”尚未安装；请给出 {1}、一个文件夹或模型库中的名称。</translation>
    </message>
    <message>
        <source>The line to {0} fails ({1}). What has been fetched is kept; the same command goes on from there.</source>
        <translation>与 {0} 的连接失败（{1}）。已下载的部分会保留，再次下载时从那里继续。</translation>
    </message>
    <message>
        <source>{0} has a trouble of its own ({1}); try again later. What has been fetched is kept; the same command goes on from there.</source>
        <translation>{0} 自身出现故障（{1}），请稍后再试。已下载的部分会保留，再次下载时从那里继续。</translation>
    </message>
    <message>
        <source>{0} has too many requests (429); try again {1}. What has been fetched is kept; the same command goes on from there.</source>
        <translation>{0} 的请求过多（429），请稍后再试（{1}）。已下载的部分会保留，再次下载时从那里继续。</translation>
    </message>
    <message>
        <source>{0} does not hand out {1} to everybody (403): accept its conditions at {2}, and set HF_TOKEN to a token of yours.</source>
        <translation>{0} 不向所有人提供 {1}（403）：请在 {2} 接受其条款，并将 HF_TOKEN 设为您的令牌。</translation>
    </message>
    <message>
        <source>{0} shows {1} to nobody without leave (401): check the name, or set HF_TOKEN.</source>
        <translation>没有许可，{0} 不会显示 {1}（401）：请检查名称，或设置 HF_TOKEN。</translation>
    </message>
    <message>
        <source>{0} does not answer as a hub: a page of the network in between (a log-in, a proxy), or HF_ENDPOINT names another server.</source>
        <translation>{0} 的回应不像模型库：可能是网络中间的页面（登录页、代理），或者 HF_ENDPOINT 指向了别的服务器。</translation>
    </message>
    <message>
        <source>The disk of {0} is full. What was fetched is kept; make room, and the same command goes on from there.</source>
        <translation>{0} 所在的磁盘已满。已下载的部分会保留；腾出空间后可从那里继续。</translation>
    </message>
    <message>
        <source>{0} needs {1} GB on the disk, but only {2} GB are free at {3}; make room, or set VISAVIS_MODELS to a folder with more.</source>
        <translation>{0} 需要 {1} GB 磁盘空间，但 {3} 处只剩 {2} GB；请腾出空间，或将 VISAVIS_MODELS 设为空间更大的文件夹。</translation>
    </message>
    <message>
        <source>{0}, twice. Something between here and {1} changes it, or the hub is at fault; try later, or a mirror by HF_ENDPOINT. Nothing was installed.</source>
        <translation>{0}，两次都是如此。此处与 {1} 之间有什么改动了它，或是模型库有误；请稍后再试，或用 HF_ENDPOINT 指定镜像。没有安装任何内容。</translation>
    </message>
    <message>
        <source>{0} is damaged ({1}); fetch it again: visavis models remove {2}, then download it.</source>
        <translation>{0} 已损坏（{1}）；请先删除 {2}，然后重新下载。</translation>
    </message>
    <message>
        <source>{0} is being downloaded or removed already, elsewhere.</source>
        <translation>{0} 已在别处下载或删除。</translation>
    </message>
    <message>
        <source>Every file is as the hub has it.</source>
        <translation>每个文件都与模型库中的一致。</translation>
    </message>
    <message>
        <source>The command models has stopped (code {0}).</source>
        <translation>models 命令已停止（代码 {0}）。</translation>
    </message>
    <message>
        <source>The command models could not be started ({0}).</source>
        <translation>无法启动 models 命令（{0}）。</translation>
    </message>
    <message>
        <source>No engine answers at {0} ({1}); start one as the README says, or check the address.</source>
        <translation>{0} 处没有引擎应答（{1}）；请按 README 所述启动一个，或检查地址。</translation>
    </message>
    <message>
        <source>The engine at {0} asks for a key ({1}): set VISAVIS_ENGINE_KEY to yours.</source>
        <translation>{0} 处的引擎要求密钥（{1}）：请将 VISAVIS_ENGINE_KEY 设为您的密钥。</translation>
    </message>
    <message>
        <source>The engine at {0} broke off in the middle of its answer; ask again.</source>
        <translation>{0} 处的引擎在回答途中断开了；请再问一次。</translation>
    </message>
    <message>
        <source>The engine at {0} answered without speech; does it serve the model with its voice?</source>
        <translation>{0} 处的引擎没有以语音回答；它提供的模型带有语音吗？</translation>
    </message>
    <message>
        <source>The engine at {0} has failed ({1}): {2}</source>
        <translation>{0} 处的引擎失败了（{1}）：{2}</translation>
    </message>
    <message>
        <source>The engine at {0} is silent for too long; is it still loading?</source>
        <translation>{0} 处的引擎太久没有应答；它还在加载吗？</translation>
    </message>
    <message>
        <source>There are no chat completions at {0} (404); such addresses mostly end in /v1.</source>
        <translation>{0} 处没有聊天补全接口（404）；这类地址大多以 /v1 结尾。</translation>
    </message>
    <message>
        <source>{0} is no address of an engine; give one as http://127.0.0.1:8091/v1</source>
        <translation>{0} 不是引擎的地址；请给出如 http://127.0.0.1:8091/v1 的地址</translation>
    </message>
    <message>
        <source>{0} does not answer as a hub: it names no commit and no files of {1}.</source>
        <translation>{0} 的应答不像模型仓库：它没有给出 {1} 的提交和文件。</translation>
    </message>
    <message>
        <source>{0} tells neither size nor hash of {1}, so it could not be checked.</source>
        <translation>{0} 没有给出 {1} 的大小和校验值，因此无法核对。</translation>
    </message>
    <message>
        <source>{0} is no name of a repository: {1}</source>
        <translation>{0} 不是仓库名：{1}</translation>
    </message>
    <message>
        <source>HF_HUB_OFFLINE is set, so nothing is fetched; unset it and try again.</source>
        <translation>已设置 HF_HUB_OFFLINE，因此不会下载；请取消该设置后重试。</translation>
    </message>
    <message>
        <source>The certificate of {0} cannot be trusted; is a proxy in between? {1}</source>
        <translation>无法信任 {0} 的证书；中间是否有代理？{1}</translation>
    </message>
    <message>
        <source>A file came with another size than announced. What has been fetched is kept; the same command goes on from there.</source>
        <translation>收到的文件大小与声明的不符。已下载的内容会保留；再次执行同一命令即可继续。</translation>
    </message>
    <message>
        <source>{0} has no such revision on {1} (404); remove what was begun and begin anew.</source>
        <translation>{1} 上的 {0} 没有这个版本 (404)；请删除已开始的下载，然后重新开始。</translation>
    </message>
    <message>
        <source>{0} knows no such thing in {1} (404): check the name, owner and all.</source>
        <translation>{0} 在 {1} 中找不到该内容 (404)：请检查名称，包括所有者。</translation>
    </message>
    <message>
        <source>{0} has no such part of the file (416).</source>
        <translation>{0} 没有文件的这一部分 (416)。</translation>
    </message>
    <message>
        <source>{0} refuses {1} ({2}).</source>
        <translation>{0} 拒绝提供 {1}（{2}）。</translation>
    </message>
    <message>
        <source>{0} names a file that lies outside of its folder ({1}); it is not fetched.</source>
        <translation>{0} 含有一个位于其文件夹之外的文件（{1}）；不予下载。</translation>
    </message>
    <message>
        <source>{0} holds its weights as pickles only ({1}), which can run any code when they are read; look for a repository with safetensors.</source>
        <translation>{0} 的权重只有 pickle 格式（{1}），读取时可能运行任意代码；请寻找带有 safetensors 的仓库。</translation>
    </message>
    <message>
        <source>{0} is no model that we know: it has no config.json.</source>
        <translation>{0} 不是已知的模型：缺少 config.json。</translation>
    </message>
    <message>
        <source>{0} is a model of another architecture ({1}), which this program cannot run; nothing was installed.</source>
        <translation>{0} 是另一种架构（{1}）的模型，本程序无法运行；未安装任何内容。</translation>
    </message>
    <message>
        <source>{0} lies on a file system that takes no file as large as this; set VISAVIS_MODELS to a folder on another one.</source>
        <translation>{0} 所在的文件系统容纳不了这么大的文件；请将 VISAVIS_MODELS 设为另一文件系统上的文件夹。</translation>
    </message>
    <message>
        <source>{0} cannot be written to ({1}).</source>
        <translation>无法写入 {0}（{1}）。</translation>
    </message>
    <message>
        <source>&quot;{0}&quot; is no model of a hub; give {1}, or an id as OWNER/NAME.</source>
        <translation>“{0}” 不是仓库中的模型；请给出 {1}，或形如 OWNER/NAME 的标识。</translation>
    </message>
    <message>
        <source>{0} is not installed.</source>
        <translation>{0} 尚未安装。</translation>
    </message>
    <message>
        <source>{0} is not installed; fetch it with: visavis models download {1}</source>
        <translation>{0} 尚未安装；下载命令：visavis models download {1}</translation>
    </message>
    <message>
        <source>{0} has no record of its download, so there is nothing to compare it with.</source>
        <translation>{0} 没有下载记录，因此无从核对。</translation>
    </message>
    <message>
        <source>To talk to another engine the package openai is needed: pip install openai</source>
        <translation>要使用其他引擎，需要安装 openai 包：pip install openai</translation>
    </message>
    <message>
        <source>The engine at {0} serves no model; load one there, or name one with --model.</source>
        <translation>{0} 处的引擎没有提供模型；请在那里加载一个，或用 --model 指定。</translation>
    </message>
    <message>
        <source>{0} is no address of an engine ({1}).</source>
        <translation>{0} 不是引擎地址（{1}）。</translation>
    </message>
    <message>
        <source>The engine at {0} failed while it answered: {1}</source>
        <translation>{0} 处的引擎在回答时出错：{1}</translation>
    </message>
    <message>
        <source>The engine at {0} fell silent in the middle of its answer.</source>
        <translation>{0} 处的引擎在回答途中没有了响应。</translation>
    </message>
    <message>
        <source>What answers at {0} is no engine of this form ({1}).</source>
        <translation>{0} 处应答的不是这种引擎（{1}）。</translation>
    </message>
    <message>
        <source>The engine at {0} has no model “{1}” (404); visavis ask --model names another.</source>
        <translation>{0} 处的引擎没有模型“{1}” (404)；可用 visavis ask --model 指定另一个。</translation>
    </message>
    <message>
        <source>The engine at {0} does not take this question ({1}): {2}</source>
        <translation>{0} 处的引擎不接受这个问题（{1}）：{2}</translation>
    </message>
    <message>
        <source>The engine at {0} has too much to do (429); ask again in a moment.</source>
        <translation>{0} 处的引擎过于繁忙 (429)；请稍后再问。</translation>
    </message>
    <message>
        <source>The embedded model is missing: assets/nano is not beside the program.</source>
        <translation>缺少内置模型：程序旁边没有 assets/nano。</translation>
    </message>
    <message>
        <source>{0} is not a model folder: it has no config.json.</source>
        <translation>{0} 不是模型文件夹：其中没有 config.json。</translation>
    </message>
    <message>
        <source>{0} is not a model folder.</source>
        <translation>{0} 不是模型文件夹。</translation>
    </message>
    <message>
        <source>{0}: there is no such folder.</source>
        <translation>{0}：没有这个文件夹。</translation>
    </message>
    <message>
        <source>{0} is incomplete: {1} is missing.</source>
        <translation>{0} 不完整：缺少 {1}。</translation>
    </message>
    <message>
        <source>{0} holds no weights: it has no .safetensors file.</source>
        <translation>{0} 中没有权重：没有 .safetensors 文件。</translation>
    </message>
    <message>
        <source>{0} cannot be read: {1}.</source>
        <translation>无法读取 {0}：{1}。</translation>
    </message>
    <message>
        <source>There is no CUDA device here, or this build of torch cannot use it; use --device cpu.</source>
        <translation>这里没有 CUDA 设备，或当前版本的 torch 无法使用它；请选择处理器。</translation>
    </message>
    <message>
        <source>{0} needs {1} GiB of the card&apos;s memory in {2}, and {3} are free; what helps: {4}.</source>
        <translation>{0} 以 {2} 运行需要 {1} GiB 显存，可用 {3}；可尝试：{4}。</translation>
    </message>
    <message>
        <source>There is not enough memory for {0}, however it is kept; take a smaller model.</source>
        <translation>无论以何种方式保存，内存都不足以运行 {0}；请选择较小的模型。</translation>
    </message>
    <message>
        <source>Without an echo canceller nothing is heard while an answer plays; install pywebrtc-audio for it.</source>
        <translation>没有回声消除器，播放回答时听不到您说话；请安装 pywebrtc-audio。</translation>
    </message>
    <message>
        <source>The microphone cannot be used ({0}: {1}).</source>
        <translation>无法使用麦克风（{0}：{1}）。</translation>
    </message>
    <message>
        <source>No microphone is left; the call goes on as soon as one is connected.</source>
        <translation>没有麦克风了；接上一个后，通话会继续。</translation>
    </message>
    <message>
        <source>The microphone had gone; the one that is there now is listened to.</source>
        <translation>麦克风已断开；正在使用现有的麦克风。</translation>
    </message>
    <message>
        <source>The chosen microphone is not there; the system&apos;s own is listened to.</source>
        <translation>所选的麦克风不可用；正在使用系统默认麦克风。</translation>
    </message>
    <message>
        <source>The loudspeaker had gone; the answer goes on on the one that is there now.</source>
        <translation>扬声器已断开；回答在现有的扬声器上继续。</translation>
    </message>
    <message>
        <source>The chosen loudspeaker is not there; the system&apos;s own plays.</source>
        <translation>所选的扬声器不可用；正在使用系统默认扬声器。</translation>
    </message>
    <message>
        <source>The microphone delivers only silence; unmute it, or choose another one in the settings.</source>
        <translation>麦克风只有静音；请取消静音，或在设置中选择另一个。</translation>
    </message>
    <message>
        <source>The microphone is too loud; lower its level in the system&apos;s settings.</source>
        <translation>麦克风音量过大；请在系统设置中调低。</translation>
    </message>
    <message>
        <source>The microphone delivers values that are no numbers; choose another one in the settings.</source>
        <translation>麦克风传来的数据无效；请在设置中选择另一个。</translation>
    </message>
    <message>
        <source>That was very short: hold the microphone button for as long as you speak.</source>
        <translation>时间太短：说话时请一直按住麦克风按钮。</translation>
    </message>
    <message>
        <source>No microphone could be opened; connect one or allow this program to use it, then try again.</source>
        <translation>无法打开麦克风；请连接一个或允许本程序使用它，然后重试。</translation>
    </message>
    <message>
        <source>No loudspeaker could be opened; connect one or allow this program to use it, then try again.</source>
        <translation>无法打开扬声器；请连接一个或允许本程序使用它，然后重试。</translation>
    </message>
    <message>
        <source>The microphone “{0}” cannot be opened; connect it or choose another one in the settings.</source>
        <translation>无法打开麦克风“{0}”；请连接它，或在设置中选择另一个。</translation>
    </message>
    <message>
        <source>The loudspeaker “{0}” cannot be opened; connect it or choose another one in the settings.</source>
        <translation>无法打开扬声器“{0}”；请连接它，或在设置中选择另一个。</translation>
    </message>
    <message>
        <source>The microphone has gone; connect it and try again.</source>
        <translation>麦克风已断开；请重新连接后再试。</translation>
    </message>
    <message>
        <source>The loudspeaker has gone; connect one, and the next answer will be spoken again.</source>
        <translation>扬声器已断开；连接后，下一个回答会再次朗读。</translation>
    </message>
    <message>
        <source>Sound needs the PortAudio library; on Debian or Ubuntu install it with: apt install libportaudio2</source>
        <translation>声音需要 PortAudio 库；在 Debian 或 Ubuntu 上请运行：apt install libportaudio2</translation>
    </message>
    <message>
        <source>Voices cannot be told from silence here ({0}).</source>
        <translation>这里无法区分人声和静音（{0}）。</translation>
    </message>
    <message>
        <source>No camera could be opened; connect one, allow this program to use it, or close what else looks through it.</source>
        <translation>无法打开摄像头；请连接一个、允许本程序使用它，或关闭正在使用它的其他程序。</translation>
    </message>
    <message>
        <source>The camera has gone; connect it and switch it on again.</source>
        <translation>摄像头已断开；请重新连接并再次打开。</translation>
    </message>
    <message>
        <source>The camera cannot be used ({0}: {1}).</source>
        <translation>无法使用摄像头（{0}：{1}）。</translation>
    </message>
    <message>
        <source>On Wayland this program may not look at the screen; share a picture of it instead (paste works), or start the program with QT_QPA_PLATFORM=xcb.</source>
        <translation>在 Wayland 上，本程序不能查看屏幕；请改为分享屏幕截图（可以粘贴），或用 QT_QPA_PLATFORM=xcb 启动本程序。</translation>
    </message>
    <message>
        <source>The screen has gone; choose another one.</source>
        <translation>屏幕已断开，请选择另一个。</translation>
    </message>
    <message>
        <source>The window has gone or cannot be seen; choose another one.</source>
        <translation>窗口已关闭或看不到，请选择另一个。</translation>
    </message>
    <message>
        <source>A key that works in every window is not there yet on this system.</source>
        <translation>此系统上还没有在所有窗口中都有效的按键。</translation>
    </message>
    <message>
        <source>There is no display here whose keys could be listened to.</source>
        <translation>这里没有可以监听按键的显示器。</translation>
    </message>
    <message>
        <source>The display&apos;s keys cannot be listened to.</source>
        <translation>无法监听该显示器的按键。</translation>
    </message>
    <message>
        <source>{0} is taken by another program; choose another key.</source>
        <translation>{0} 已被其他程序占用，请选择另一个按键。</translation>
    </message>
    <message>
        <source>The key that works in every window has gone with its display.</source>
        <translation>在所有窗口中有效的按键已随显示器一起失效。</translation>
    </message>
    <message>
        <source>This desktop offers programs no key of their own (it has no portal for global shortcuts).</source>
        <translation>此桌面不向程序提供专用按键（没有全局快捷键门户）。</translation>
    </message>
    <message>
        <source>The desktop did not allow a key that works in every window.</source>
        <translation>桌面未允许使用在所有窗口中有效的按键。</translation>
    </message>
    <message>
        <source>The desktop has taken the key that works in every window away.</source>
        <translation>桌面已收回在所有窗口中有效的按键。</translation>
    </message>
    <message>
        <source>The settings could not be read; they are kept in {0}, and all choices begin anew.</source>
        <translation>无法读取设置；原文件保存在 {0}，所有选项恢复默认。</translation>
    </message>
    <message>
        <source>The settings cannot be saved ({0}); they hold until you leave.</source>
        <translation>无法保存设置（{0}）；它们在退出之前有效。</translation>
    </message>
    <message>
        <source>The history was damaged; it is kept in {0}, and a new one has begun.</source>
        <translation>对话记录已损坏；原文件保存在 {0}，已开始新的记录。</translation>
    </message>
    <message>
        <source>Conversations cannot be kept right now ({0}); it will be tried again as long as the window is open.</source>
        <translation>暂时无法保存对话（{0}）；只要窗口开着，就会继续尝试。</translation>
    </message>
    <message>
        <source>Conversations are being kept again; nothing is missing.</source>
        <translation>对话又可以保存了；没有丢失任何内容。</translation>
    </message>
    <message>
        <source>The conversation has been saved to {0}.</source>
        <translation>对话已保存到 {0}。</translation>
    </message>
    <message>
        <source>Saved as {0}.</source>
        <translation>已保存为 {0}。</translation>
    </message>
    <message>
        <source>{0}: cannot be written ({1}); is the disk full?</source>
        <translation>{0}：无法写入（{1}）；磁盘是否已满？</translation>
    </message>
    <message>
        <source>{0}: cannot be written here ({1}).</source>
        <translation>{0}：无法写入此处（{1}）。</translation>
    </message>
    <message>
        <source>{0}: cannot be written ({1}).</source>
        <translation>{0}：无法写入（{1}）。</translation>
    </message>
    <message>
        <source>{0}: the folder it should be written to does not exist.</source>
        <translation>{0}：目标文件夹不存在。</translation>
    </message>
    <message>
        <source>{0}: is no file that may be written.</source>
        <translation>{0}：不是可以写入的文件。</translation>
    </message>
    <message>
        <source>One question takes {0} files; {1} were left out, from {2} on.</source>
        <translation>一个问题最多 {0} 个文件；从 {2} 起的 {1} 个未加入。</translation>
    </message>
    <message>
        <source>One question takes {0} files; send it, or take some out, then add {1} again.</source>
        <translation>一个问题最多 {0} 个文件；请先发送，或移除一些，然后重新添加 {1}。</translation>
    </message>
    <message>
        <source>The decoder could not be started ({0}).</source>
        <translation>无法启动解码器（{0}）。</translation>
    </message>
    <message>
        <source>{0}: is neither a picture nor a sound nor a video that this program reads.</source>
        <translation>{0}：不是本程序能读取的图片、声音或视频。</translation>
    </message>
    <message>
        <source>{0}: only files on this machine can be opened, not addresses.</source>
        <translation>{0}：只能打开这台电脑上的文件，不能打开网址。</translation>
    </message>
    <message>
        <source>{0}: is a folder, not a file.</source>
        <translation>{0}：是文件夹，不是文件。</translation>
    </message>
    <message>
        <source>{0}: there is no such file in {1}.</source>
        <translation>{0}：{1} 中没有这个文件。</translation>
    </message>
    <message>
        <source>{0}: is not a regular file.</source>
        <translation>{0}：不是普通文件。</translation>
    </message>
    <message>
        <source>{0}: may not be read by you.</source>
        <translation>{0}：您没有读取权限。</translation>
    </message>
    <message>
        <source>{0}: is empty.</source>
        <translation>{0}：是空文件。</translation>
    </message>
    <message>
        <source>{0}: cannot be read ({1}).</source>
        <translation>{0}：无法读取（{1}）。</translation>
    </message>
    <message>
        <source>{0}: takes longer than {1} seconds to decode.</source>
        <translation>{0}：解码超过 {1} 秒。</translation>
    </message>
    <message>
        <source>{0}: is damaged in a way that crashed the decoder.</source>
        <translation>{0}：文件损坏，导致解码器崩溃。</translation>
    </message>
    <message>
        <source>{0}: has no sound in it.</source>
        <translation>{0}：其中没有声音。</translation>
    </message>
    <message>
        <source>{0}: has no moving pictures in it.</source>
        <translation>{0}：其中没有视频画面。</translation>
    </message>
    <message>
        <source>{0}: is silent.</source>
        <translation>{0}：是静音。</translation>
    </message>
    <message>
        <source>{0}: has no frame that can be read.</source>
        <translation>{0}：没有可以读取的帧。</translation>
    </message>
    <message>
        <source>{0}: has no pixels (0×0).</source>
        <translation>{0}：没有像素 (0×0)。</translation>
    </message>
    <message>
        <source>{0}: is too large ({1} pixels; up to {2} megapixels can be used).</source>
        <translation>{0}：太大（{1} 像素；最多 {2} 百万像素）。</translation>
    </message>
    <message>
        <source>{0}: is too large for the memory of this machine.</source>
        <translation>{0}：太大，这台电脑的内存放不下。</translation>
    </message>
    <message>
        <source>{0}: is longer than {1} hours.</source>
        <translation>{0}：长于 {1} 小时。</translation>
    </message>
    <message>
        <source>{0}: is not a picture that can be read.</source>
        <translation>{0}：不是可以读取的图片。</translation>
    </message>
    <message>
        <source>{0}: is not a sound file that can be read.</source>
        <translation>{0}：不是可以读取的声音文件。</translation>
    </message>
    <message>
        <source>{0}: is not a video that can be read.</source>
        <translation>{0}：不是可以读取的视频。</translation>
    </message>
    <message>
        <source>{0}: is damaged or incomplete ({1} of its {2} seconds can be read).</source>
        <translation>{0}：已损坏或不完整（{2} 秒中只能读取 {1} 秒）。</translation>
    </message>
    <message>
        <source>{0}: is damaged or incomplete.</source>
        <translation>{0}：已损坏或不完整。</translation>
    </message>
</context>
<context>
    <name>ModelCard</name>
    <message>
        <source>Progress of {name}</source>
        <translation>{name} 的进度</translation>
    </message>
    <message>
        <source>Use</source>
        <translation>使用</translation>
    </message>
    <message>
        <source>Download</source>
        <translation>下载</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>Check</source>
        <translation>校验</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Checking what has come…</source>
        <translation>正在校验已下载的内容…</translation>
    </message>
    <message>
        <source>{share} % · connecting…</source>
        <translation>{share}% · 正在连接…</translation>
    </message>
    <message>
        <source>{share} % · {rate} MB a second · {left} left</source>
        <translation>{share}% · 每秒 {rate} MB · 剩余 {left}</translation>
    </message>
    <message>
        <source>Paused at {share} %.</source>
        <translation>已暂停于 {share}%。</translation>
    </message>
    <message>
        <source>Checking every file…</source>
        <translation>正在校验每个文件…</translation>
    </message>
    <message>
        <source>Removing…</source>
        <translation>正在删除…</translation>
    </message>
    <message>
        <source>Installed.</source>
        <translation>已安装。</translation>
    </message>
    <message>
        <source>{needed} GB of the card&apos;s memory, {free} are free</source>
        <translation>{needed} GB 显存，可用 {free} GB</translation>
    </message>
    <message>
        <source>{needed} GB of memory, {free} are free</source>
        <translation>{needed} GB 内存，可用 {free} GB</translation>
    </message>
    <message>
        <source>Fits this computer in {precision}: it needs {amounts}.</source>
        <translation>适合这台电脑（{precision}）：需要 {amounts}。</translation>
    </message>
    <message>
        <source>Too large for this computer: even in {precision} it needs {amounts}.</source>
        <translation>对这台电脑来说太大：即使用 {precision} 也需要 {amounts}。</translation>
    </message>
    <message>
        <source>The disk has no room: {needed} to download, {free} free.</source>
        <translation>磁盘空间不足：需下载 {needed}，可用 {free}。</translation>
    </message>
    <message>
        <source>{one} {other}</source>
        <translation>{one}{other}</translation>
    </message>
    <message>
        <source>less than a minute</source>
        <translation>不到一分钟</translation>
    </message>
    <message numerus="yes">
        <source>%n minute(s)</source>
        <translation>
            <numerusform>%n 分钟</numerusform>
        </translation>
    </message>
    <message>
        <source>{size} GB</source>
        <translation>{size} GB</translation>
    </message>
    <message>
        <source>{size} MB</source>
        <translation>{size} MB</translation>
    </message>
</context>
<context>
    <name>ModelList</name>
    <message>
        <source>Looking which models there are…</source>
        <translation>正在查看有哪些模型…</translation>
    </message>
    <message>
        <source>Remove {name} from this computer?</source>
        <translation>从这台电脑删除 {name}？</translation>
    </message>
    <message>
        <source>It can be downloaded again.</source>
        <translation>之后可以重新下载。</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>保留</translation>
    </message>
</context>
<context>
    <name>ModelPage</name>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>nano (built in)</source>
        <translation>nano（内置）</translation>
    </message>
    <message>
        <source>A folder on this computer…</source>
        <translation>这台电脑上的文件夹…</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>Processor</source>
        <translation>处理器</translation>
    </message>
    <message>
        <source>Graphics card</source>
        <translation>显卡</translation>
    </message>
    <message>
        <source>Computed on</source>
        <translation>运行于</translation>
    </message>
    <message>
        <source>Precision</source>
        <translation>精度</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>上下文</translation>
    </message>
    <message>
        <source>Load this model</source>
        <translation>加载此模型</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>This machine</source>
        <translation>这台电脑</translation>
    </message>
    <message>
        <source>What can this machine run?</source>
        <translation>这台电脑能运行什么？</translation>
    </message>
    <message>
        <source>Another engine</source>
        <translation>其他引擎</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>地址</translation>
    </message>
    <message>
        <source>Address of another engine</source>
        <translation>其他引擎的地址</translation>
    </message>
    <message>
        <source>A server that answers in place of this computer. What you say and show then goes there. Empty for none.</source>
        <translation>代替这台电脑回答的服务器。您所说和所展示的内容会发送到那里。留空则不使用。</translation>
    </message>
    <message>
        <source>All it can</source>
        <translation>尽可能多</translation>
    </message>
    <message>
        <source>{count} tokens</source>
        <translation>{count} 个词元</translation>
    </message>
    <message>
        <source>Folder of a model</source>
        <translation>模型文件夹</translation>
    </message>
    <message>
        <source>No model is loaded yet.</source>
        <translation>尚未加载模型。</translation>
    </message>
    <message>
        <source>Loaded: {name} on {device}, {precision}; it can remember {count} tokens.</source>
        <translation>已加载：{name}，运行于 {device}，{precision}；可记住 {count} 个词元。</translation>
    </message>
</context>
<context>
    <name>PersonaPage</name>
    <message>
        <source>Persona</source>
        <translation>角色</translation>
    </message>
    <message>
        <source>Who should answer, and how? It is told to the model before everything else.</source>
        <translation>由谁来回答，怎样回答？这段话会最先告诉模型。</translation>
    </message>
    <message>
        <source>You are a patient teacher. You answer in simple words.</source>
        <translation>你是一位耐心的老师，用简单的话回答。</translation>
    </message>
    <message>
        <source>Use from now on</source>
        <translation>从现在起使用</translation>
    </message>
    <message>
        <source>It is said in a first exchange that you do not see: the model’s own system prompt stays, because it would lose its voice without it. Small models like nano hardly keep to a persona, and a very long conversation may forget it.</source>
        <translation>它会放在一轮您看不到的开场对话里：模型自己的系统提示词保持不变，否则它将无法发声。像 nano 这样的小模型几乎不会遵循角色设定，很长的对话也可能会忘记它。</translation>
    </message>
</context>
<context>
    <name>QuestionView</name>
    <message>
        <source>Your message</source>
        <translation>您的消息</translation>
    </message>
    <message>
        <source>Play what you said</source>
        <translation>播放您说的话</translation>
    </message>
    <message>
        <source>What it saw and heard</source>
        <translation>它看到和听到的内容</translation>
    </message>
    <message>
        <source>Stopped before the answer began.</source>
        <translation>在开始回答之前已停止。</translation>
    </message>
</context>
<context>
    <name>Reason</name>
    <message>
        <source>Ask again</source>
        <translation>再问一次</translation>
    </message>
</context>
<context>
    <name>SensesDrawer</name>
    <message>
        <source>Deleting takes it from the history and the model too, which then forgets all pictures.</source>
        <translation>删除后，对话记录和模型中也不再保留；模型会随之忘记所有图片。</translation>
    </message>
    <message>
        <source>Delete what it saw and heard</source>
        <translation>删除它看到和听到的内容</translation>
    </message>
    <message>
        <source>Saw %d frames of %d×%d, from %.1f s to %.1f s of the turn</source>
        <translation>看到 %d 帧，%d×%d，从本轮的 %.1f 秒到 %.1f 秒</translation>
    </message>
    <message>
        <source>Heard %.1f s of sound, mono, 16 kHz</source>
        <translation>听到 %.1f 秒声音，单声道，16 kHz</translation>
    </message>
    <message>
        <source>Was given %s (%s)</source>
        <translation>收到 %s (%s)</translation>
    </message>
</context>
<context>
    <name>SettingsPanel</name>
    <message>
        <source>Close the settings (Esc)</source>
        <translation>关闭设置 (Esc)</translation>
    </message>
</context>
<context>
    <name>Stage</name>
    <message>
        <source>What the camera sees</source>
        <translation>摄像头看到的画面</translation>
    </message>
    <message>
        <source>What is shared</source>
        <translation>共享的画面</translation>
    </message>
</context>
<context>
    <name>SystemPage</name>
    <message>
        <source>Program</source>
        <translation>程序</translation>
    </message>
    <message>
        <source>Stay in the tray</source>
        <translation>留在系统托盘</translation>
    </message>
    <message>
        <source>Closing the window then leaves the program in the tray, with its model loaded; Ctrl+Q ends it.</source>
        <translation>关闭窗口后程序仍留在托盘中，模型保持加载；按 Ctrl+Q 退出。</translation>
    </message>
    <message>
        <source>This desktop shows no tray.</source>
        <translation>此桌面没有系统托盘。</translation>
    </message>
    <message>
        <source>Talking from other windows</source>
        <translation>在其他窗口中说话</translation>
    </message>
    <message>
        <source>None</source>
        <translation>无</translation>
    </message>
    <message>
        <source>Hold to talk</source>
        <translation>按住说话</translation>
    </message>
    <message>
        <source>This key talks from every window, as Ctrl+Space does in this one: hold it, or press it twice.</source>
        <translation>此按键在所有窗口中都能说话，就像 Ctrl+Space 在本窗口中一样：按住它，或按两次。</translation>
    </message>
</context>
<context>
    <name>Tray</name>
    <message>
        <source>Open the window</source>
        <translation>打开窗口</translation>
    </message>
    <message>
        <source>New conversation</source>
        <translation>新对话</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
</context>
<context>
    <name>VoicePage</name>
    <message>
        <source>Voice</source>
        <translation>嗓音</translation>
    </message>
    <message>
        <source>Voice of the answers</source>
        <translation>回答的嗓音</translation>
    </message>
    <message>
        <source>Hear this voice</source>
        <translation>试听此嗓音</translation>
    </message>
    <message>
        <source>Speak the answers</source>
        <translation>朗读回答</translation>
    </message>
    <message>
        <source>How it sounds</source>
        <translation>声音效果</translation>
    </message>
    <message>
        <source>Volume</source>
        <translation>音量</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>语速</translation>
    </message>
    <message>
        <source>Another speed begins with the next answer; the pitch of the voice stays as it is.</source>
        <translation>更改语速后，从下一个回答起生效；音高保持不变。</translation>
    </message>
</context>
<context>
    <name>VoiceRow</name>
    <message>
        <source>Spoken, %s</source>
        <translation>语音，%s</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
</context>
<context>
    <name>Waterfall</name>
    <message>
        <source>silence that ends the turn</source>
        <translation>结束发言的静音</translation>
    </message>
    <message>
        <source>first word</source>
        <translation>首字</translation>
    </message>
    <message>
        <source>first sound at the device</source>
        <translation>设备首次发声</translation>
    </message>
    <message>
        <source>real-time factor %.2f</source>
        <translation>实时率 %.2f</translation>
    </message>
    <message>
        <source>engine memory %.1f GB</source>
        <translation>引擎内存 %.1f GB</translation>
    </message>
    <message>
        <source>%s: %.2f s</source>
        <translation>%s：%.2f 秒</translation>
    </message>
    <message>
        <source>%.2f s</source>
        <translation>%.2f 秒</translation>
    </message>
</context>
<context>
    <name>Waveform</name>
    <message>
        <source>Place in the recording; the arrow keys move it</source>
        <translation>录音中的位置；用方向键移动</translation>
    </message>
</context>
<context>
    <name>Welcome</name>
    <message>
        <source>Face to face</source>
        <translation>面对面</translation>
    </message>
    <message>
        <source>It hears you, reads you and answers aloud. Nothing leaves this computer.</source>
        <translation>它听您说、读您写，并出声回答。任何内容都不会离开这台电脑。</translation>
    </message>
    <message>
        <source>Hold the microphone and speak</source>
        <translation>按住麦克风按钮说话</translation>
    </message>
    <message>
        <source>Or talk hands-free: it hears when you have finished</source>
        <translation>或使用免提：它会听出您何时说完</translation>
    </message>
    <message>
        <source>Drop a picture, a sound or a video here and ask about it</source>
        <translation>将图片、声音或视频拖到这里，然后提问</translation>
    </message>
</context>
<context>
    <name>Wizard</name>
    <message>
        <source>Welcome to Vis-à-vis</source>
        <translation>欢迎使用 Vis-à-vis</translation>
    </message>
    <message>
        <source>Can we hear and see each other?</source>
        <translation>我们能听到、看到彼此吗？</translation>
    </message>
    <message>
        <source>What this machine can run</source>
        <translation>这台电脑能运行什么</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>上一步</translation>
    </message>
    <message>
        <source>Skip</source>
        <translation>跳过</translation>
    </message>
    <message>
        <source>Begin to talk</source>
        <translation>开始对话</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>下一步</translation>
    </message>
    <message>
        <source>Face to face</source>
        <translation>面对面</translation>
    </message>
    <message>
        <source>Talk to a model that hears and sees you and answers aloud. It runs on this computer: nothing you say or show leaves it, and nobody counts what you do.</source>
        <translation>与一个能听、能看、能出声回答的模型对话。它就在本机运行：您说的、展示的一切都不会离开这里，也没有人统计您的行为。</translation>
    </message>
    <message>
        <source>Two short checks, and you can begin. All of this can be changed later in the settings.</source>
        <translation>只需两项简短的检查，即可开始。这些以后都可以在设置中更改。</translation>
    </message>
</context>
</TS>
