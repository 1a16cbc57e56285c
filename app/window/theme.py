"""Light and dark: colours, spaces and type, as one table of tokens, one palette and one style sheet.

Every colour in the window comes from here. Text on its background has a contrast of at least 4.5 to 1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

# Families that look well on each system, best first; what is missing is passed over. "Noto Sans CJK SC" has a good
# Latin too, and is what a Linux machine without any of the others often has.
_FAMILIES = [
    "Inter",
    "Segoe UI Variable Text",
    "Segoe UI",
    "SF Pro Text",
    ".AppleSystemUIFont",
    "Ubuntu",
    "Cantarell",
    "Noto Sans",
    "Noto Sans CJK SC",
    "DejaVu Sans",
]
COLUMN = 760  # points: the widest that the conversation gets; longer lines are hard to read


@dataclass(frozen=True)
class Tokens:
    """The colours of one theme, by what they are for."""

    dark: bool
    window: str
    surface: str
    raised: str
    border: str
    text: str
    muted: str
    faint: str  # for what carries no information: placeholders' lines, idle bars
    accent: str
    accent_hover: str
    on_accent: str
    tint: str  # behind the person's words
    on_tint: str
    warm: str  # the other half of the two faces
    error: str
    error_tint: str
    warning_tint: str
    info_tint: str
    code: str


LIGHT = Tokens(
    dark=False,
    window="#faf8f5",
    surface="#ffffff",
    raised="#f1ede7",
    border="#e3ddd4",
    text="#211d19",
    muted="#6b635a",
    faint="#cfc7bb",
    accent="#0f766e",
    accent_hover="#0b615a",
    on_accent="#ffffff",
    tint="#dcefec",
    on_tint="#12302d",
    warm="#e0714c",
    error="#b42318",
    error_tint="#fdecea",
    warning_tint="#fdf3e0",
    info_tint="#e6f2f0",
    code="#f1ede7",
)
DARK = Tokens(
    dark=True,
    window="#141618",
    surface="#1c1f22",
    raised="#272b2f",
    border="#33383d",
    text="#ece9e4",
    muted="#a3a6a8",
    faint="#4a5056",
    accent="#3cc2b1",
    accent_hover="#57d3c3",
    on_accent="#05211e",
    tint="#1d3a37",
    on_tint="#dff3f0",
    warm="#f08a66",
    error="#ff8a80",
    error_tint="#3b1f1d",
    warning_tint="#382d1a",
    info_tint="#1c302e",
    code="#23272b",
)


class Theme(QObject):
    """The theme in force; `changed` when it has become another one.

    Attributes:
        tokens: the colours now.
        scale: of all text, 1 is as designed.
    """

    changed = Signal()

    def __init__(self, application: QApplication, choice: str = "system", percent: int = 100) -> None:
        super().__init__(application)
        self._application = application
        self._choice = choice
        self.tokens = LIGHT
        self.scale = percent / 100
        if not application.styleSheet():  # the first theme of this application
            application.setStyle("Fusion")
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._apply)
        self._apply()

    def set_size(self, percent: int) -> None:
        """All text in this size of its own, from now on."""
        self.scale = percent / 100
        self._apply()

    def pixels(self, size: int) -> int:
        """A size of text that is painted, as large as the person wants text."""
        return round(size * self.scale)

    def choose(self, choice: str) -> None:
        """Be "light", "dark", or what the "system" is."""
        self._choice = choice
        self._apply()

    def _apply(self) -> None:
        """Every widget is looked at anew for each of these, so none is set to what it is already."""
        dark = self._choice == "dark" or (self._choice == "system" and _system_is_dark())
        self.tokens = DARK if dark else LIGHT
        application, font = self._application, _font(self.scale)
        sheet = scaled(style_sheet(self.tokens), self.scale)
        if application.font() != font:
            application.setFont(font)
        if application.styleSheet() != sheet:
            application.setPalette(_palette(self.tokens))
            application.setStyleSheet(sheet)
        self.changed.emit()


def _system_is_dark() -> bool:
    return QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark


def scaled(sheet: str, scale: float) -> str:
    """A style sheet with its text larger or smaller."""
    return re.sub(r"font-size: (\d+)px", lambda size: f"font-size: {round(int(size[1]) * scale)}px", sheet)


def _font(scale: float) -> QFont:
    font = QFont()
    font.setFamilies(_FAMILIES)
    font.setPixelSize(round(15 * scale))
    font.setHintingPreference(QFont.HintingPreference.PreferVerticalHinting)
    return font


def _palette(t: Tokens) -> QPalette:
    """For whatever the style sheet does not reach: menus, tool tips, selections, the text in browsers."""
    palette = QPalette()
    role = QPalette.ColorRole
    for which, color in {
        role.Window: t.window,
        role.WindowText: t.text,
        role.Base: t.surface,
        role.AlternateBase: t.raised,
        role.Text: t.text,
        role.Button: t.raised,
        role.ButtonText: t.text,
        role.BrightText: t.error,
        role.ToolTipBase: t.raised,
        role.ToolTipText: t.text,
        role.PlaceholderText: t.muted,
        role.Highlight: t.accent,
        role.HighlightedText: t.on_accent,
        role.Link: t.accent,
        role.LinkVisited: t.accent,
        role.Accent: t.accent,
    }.items():
        palette.setColor(which, QColor(color))
    for which in (role.Text, role.WindowText, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(t.muted))
    return palette


def style_sheet(t: Tokens) -> str:
    """Everything that has a shape. Widgets are chosen by object name or by the property `kind`."""
    return f"""
QDialog#wizard {{ background: {t.window}; }}
QDialog#wizard QScrollArea, QDialog#wizard QWidget#drawerPage {{ background: {t.window}; border: none; }}
QWidget#window, QScrollArea, QWidget#page {{ background: {t.window}; border: none; }}
QToolTip {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.border}; padding: 4px 8px; }}

QFrame#header {{ background: {t.window}; border: none; border-bottom: 1px solid {t.border}; }}
QLabel#wordmark {{ font-size: 17px; font-weight: 600; }}
QLabel[kind="pill"] {{ background: {t.raised}; color: {t.muted}; border-radius: 13px; padding: 0 11px;
    font-size: 13px; }}
QLabel[kind="muted"] {{ color: {t.muted}; font-size: 13px; }}
QLabel[kind="strong"] {{ font-size: 15px; font-weight: 600; }}
QLabel[kind="status"] {{ color: {t.muted}; font-size: 14px; }}
QLabel[kind="heading"] {{ font-size: 28px; font-weight: 600; }}
QLabel[kind="subheading"] {{ color: {t.muted}; font-size: 16px; }}
QLabel[kind="caption"] {{ font-size: 30px; font-weight: 600; }}
QLabel[kind="section"] {{ color: {t.muted}; font-size: 13px; font-weight: 600; }}
QLabel[kind="error"] {{ color: {t.error}; font-size: 13px; }}
QLabel[kind="key"] {{ background: {t.raised}; border: 1px solid {t.border}; border-radius: 5px;
    padding: 1px 6px; color: {t.muted}; font-size: 12px; }}

QPushButton {{ background: {t.raised}; border: 1px solid {t.border}; border-radius: 9px; padding: 7px 14px; }}
QPushButton:hover {{ border-color: {t.faint}; background: {t.surface}; }}
QPushButton:disabled {{ color: {t.muted}; }}
QPushButton:focus, QToolButton:focus, QComboBox:focus {{ border: 2px solid {t.accent}; }}
QPushButton[kind="primary"] {{ background: {t.accent}; color: {t.on_accent}; border: 1px solid {t.accent};
    font-weight: 600; }}
QPushButton[kind="primary"]:disabled {{ background: {t.raised}; color: {t.muted}; border-color: {t.border}; }}
QPushButton[kind="primary"]:hover {{ background: {t.accent_hover}; }}
QPushButton[kind="primary"]:focus {{ border: 2px solid {t.text}; }}
QPushButton[kind="link"] {{ background: transparent; border: 1px solid transparent; color: {t.accent}; padding: 3px 6px;
    font-size: 13px; font-weight: 600; }}
QPushButton[kind="link"]:hover {{ background: {t.raised}; }}
QPushButton[kind="link"]:focus {{ border: 1px solid {t.accent}; }}

QToolButton {{ background: transparent; border: 2px solid transparent; border-radius: 10px; padding: 5px; }}
QToolButton:hover {{ background: {t.raised}; }}
QToolButton:checked {{ background: {t.tint}; color: {t.on_tint}; }}
QToolButton[kind="round"] {{ border-radius: 20px; background: {t.raised}; }}
QToolButton[kind="round"]:hover {{ background: {t.border}; }}
QToolButton[kind="round"]:checked, QToolButton[kind="round"]:pressed {{ background: {t.tint}; }}
QToolButton[kind="send"] {{ border-radius: 20px; background: {t.accent}; }}
QToolButton[kind="send"]:hover {{ background: {t.accent_hover}; }}
QToolButton[kind="send"]:disabled {{ background: {t.raised}; }}
QToolButton[kind="send"]:focus {{ border: 2px solid {t.text}; }}
QToolButton[kind="small"] {{ border-radius: 7px; padding: 3px; border-width: 1px; }}

QFrame#composer {{ background: {t.surface}; border: 1px solid {t.border}; border-radius: 24px; }}
QFrame#composer[focused="true"] {{ border: 1px solid {t.accent}; }}
QFrame#composer QTextEdit {{ background: transparent; border: none; font-size: 16px; }}

QFrame[kind="bubble"] {{ background: {t.tint}; border: none; border-radius: 18px; }}
QFrame[kind="bubble"] QTextBrowser, QFrame[kind="bubble"] QLabel {{ color: {t.on_tint}; }}
QTextBrowser {{ background: transparent; border: none; }}
QScrollArea[kind="strip"], QScrollArea[kind="strip"] > QWidget > QWidget {{ background: transparent; border: none; }}
QFrame#composer QScrollArea, QWidget#chips {{ background: transparent; border: none; }}
QFrame[kind="chip"] {{ background: {t.raised}; border: 1px solid {t.border}; border-radius: 12px; }}
QFrame[kind="card"] {{ background: {t.window}; border: 1px solid {t.border}; border-radius: 12px; }}
QProgressBar {{ background: {t.raised}; border: none; border-radius: 3px; }}
QProgressBar::chunk {{ background: {t.accent}; border-radius: 3px; }}
QFrame[kind="bubble"] QFrame[kind="chip"] {{ background: {t.surface}; }}
QFrame[kind="bubble"] QFrame[kind="chip"] QLabel {{ color: {t.text}; }}
QFrame[kind="bubble"] QFrame[kind="chip"] QLabel[kind="muted"] {{ color: {t.muted}; }}

QLabel[kind="lamp"] {{ font-size: 13px; color: {t.text}; }}
QFrame[kind="drawer"] {{ background: transparent; border: none; }}
QMenu::item:disabled {{ color: {t.muted}; }}
QToolButton::menu-indicator {{ image: none; }}
QFrame[kind="floating"] {{ background: {t.surface}; border: 1px solid {t.border}; border-radius: 16px; }}
QFrame[kind="bubble"] QLabel[kind="onBubble"] {{ font-size: 13px; }}
QLabel[kind="onBubble"] {{ font-size: 13px; }}

QFrame#banner {{ border-radius: 12px; border: 1px solid {t.border}; background: {t.info_tint}; }}
QFrame#banner[severity="warning"] {{ background: {t.warning_tint}; }}
QFrame#banner[severity="error"] {{ background: {t.error_tint}; border-color: {t.error}; }}

QFrame#drawer {{ background: {t.surface}; border: none; border-left: 1px solid {t.border}; }}
QFrame#drawer[side="left"] {{ border-left: none; border-right: 1px solid {t.border}; }}
QListView {{ background: transparent; border: none; outline: none; }}
QLineEdit {{ background: {t.window}; border: 1px solid {t.border}; border-radius: 9px; padding: 6px 8px;
    selection-background-color: {t.accent}; selection-color: {t.on_accent}; }}
QLineEdit:focus {{ border: 1px solid {t.accent}; }}
QMenu {{ background: {t.surface}; border: 1px solid {t.border}; padding: 5px; }}
QMenu::item {{ padding: 6px 22px 6px 14px; border-radius: 6px; }}
QMenu::item:selected {{ background: {t.tint}; color: {t.on_tint}; }}
QMenu::separator {{ background: {t.border}; height: 1px; margin: 5px 8px; }}
QFrame#drawer QScrollArea, QWidget#drawerPage {{ background: {t.surface}; border: none; }}
QFrame#rail {{ background: {t.window}; border: none; border-right: 1px solid {t.border}; }}
QPlainTextEdit {{ background: {t.window}; border: 1px solid {t.border}; border-radius: 9px; padding: 5px;
    selection-background-color: {t.accent}; selection-color: {t.on_accent}; }}
QPlainTextEdit:focus {{ border: 1px solid {t.accent}; }}
QSlider {{ min-height: 26px; }}
QSlider::groove:horizontal {{ background: {t.faint}; height: 4px; border-radius: 2px; }}
QSlider::sub-page:horizontal {{ background: {t.accent}; border-radius: 2px; }}
QSlider::handle:horizontal {{ background: {t.accent}; width: 16px; height: 16px; margin: -6px 0; border-radius: 8px; }}
QSlider::handle:horizontal:focus {{ border: 2px solid {t.text}; width: 14px; height: 14px; margin: -7px 0;
    border-radius: 9px; }}
QPushButton:checked {{ background: {t.tint}; color: {t.on_tint}; }}
QFrame[kind="line"] {{ background: {t.border}; border: none; }}
QComboBox {{ background: {t.surface}; border: 1px solid {t.border}; border-radius: 9px; padding: 6px 10px; }}
QComboBox:hover {{ border-color: {t.faint}; }}
QComboBox::drop-down {{ border: none; width: 26px; }}
QComboBoxPrivateContainer {{ background: {t.surface}; border: 1px solid {t.border}; }}
QComboBox QAbstractItemView {{ background: {t.surface}; border: none; padding: 4px; outline: none; }}
QComboBox QAbstractItemView::item {{ padding: 5px 8px; border-radius: 6px; }}
QComboBox QAbstractItemView::item:selected {{ background: {t.tint}; color: {t.on_tint}; }}

QScrollBar:vertical {{ background: transparent; width: 10px; margin: 2px; }}
QScrollBar::handle:vertical {{ background: {t.faint}; border-radius: 3px; min-height: 36px; }}
QScrollBar::handle:vertical:hover {{ background: {t.muted}; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 2px; }}
QScrollBar::handle:horizontal {{ background: {t.faint}; border-radius: 3px; min-width: 36px; }}
QScrollBar::handle:horizontal:hover {{ background: {t.muted}; }}
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{ background: none;
    height: 0; }}
"""
