"""Word lists and templates from which `training.data.questions` makes questions."""

from __future__ import annotations

LISTS: dict[str, list[str]] = {
    "country": """France|Italy|Japan|Egypt|Spain|Germany|Poland|Sweden|Norway|Finland|Denmark|Ireland|Scotland|England|
Portugal|Greece|Turkey|Russia|Ukraine|China|India|Pakistan|Thailand|Vietnam|Korea|Australia|Canada|Mexico|Brazil|
Argentina|Chile|Peru|Cuba|Kenya|Nigeria|Ghana|Morocco|Iran|Iraq|Israel|Austria|Hungary|Belgium|Switzerland|Iceland|
Nepal|Mongolia|Indonesia|Malaysia|Ethiopia|the Netherlands|the United States|South Africa|New Zealand|Colombia|
the Philippines|Saudi Arabia|Jamaica|Romania|Croatia""",
    "city": """Paris|London|Rome|Berlin|Madrid|Tokyo|Cairo|Moscow|Beijing|Sydney|Toronto|Chicago|Boston|Seattle|Dublin|
Vienna|Athens|Lisbon|Oslo|Prague|Warsaw|Delhi|Nairobi|Houston|Amsterdam|New York|Los Angeles|San Francisco|Barcelona|
Stockholm|Copenhagen|Budapest|Istanbul|Shanghai|Mumbai|Venice|Munich|Edinburgh|Miami|Las Vegas""",
    "animal": """dog|cat|horse|cow|pig|sheep|goat|chicken|duck|goose|rabbit|mouse|rat|lion|tiger|bear|wolf|fox|deer|
elephant|giraffe|zebra|monkey|snake|lizard|frog|turtle|crocodile|shark|whale|dolphin|octopus|salmon|eagle|owl|parrot|
penguin|bee|ant|spider|butterfly|mosquito|bat|camel|kangaroo|squirrel|hamster|donkey|cheetah|gorilla|hippo|ostrich|
rooster|snail|worm|crab|lobster|jellyfish|fly|swan|pigeon|crow|koala|panda""",
    "thing": """table|chair|lamp|window|door|book|pen|pencil|clock|phone|computer|camera|car|bicycle|train|plane|boat|
bridge|house|garden|kitchen|bed|mirror|knife|fork|spoon|cup|bottle|bag|coat|jacket|hat|shoe|shirt|ring|key|box|ladder|
hammer|piano|guitar|violin|drum|trumpet|radio|television|umbrella|candle|basket|blanket|pillow|ticket|letter|newspaper|
map|flag|ball|kite|rope|needle|button|brush|broom|bucket|towel|soap|comb|scissors|saw|nail|screw|wheel|engine|helmet|
glove|sock|scarf|belt|wallet|purse|suitcase|tent|compass|telescope|microscope|thermometer|calculator|calendar|diary|
dictionary|stove|oven|fridge|sink|kettle|plate|bowl|glass|curtain|carpet|shelf|desk|sofa|fence|gate|roof|wall|floor|
truck|bus|ship|rocket|tractor|helicopter|motorcycle|robot|battery|magnet""",
    "food": """banana|apple|orange|lemon|strawberry|tomato|potato|carrot|onion|bread|cheese|butter|egg|rice|soup|salad|
pizza|cake|chocolate|coffee|tea|milk|juice|honey|sugar|salt|pepper|garlic|cabbage|spinach|corn|pasta|sausage|ham|
yogurt|jam|cookie|pancake|sandwich|hamburger|ice cream|wine|beer|grape|cherry|peach|pear|melon|mushroom|cucumber|
lettuce|pumpkin|bean|nut|fish|beef|toast|cereal|popcorn|noodle""",
    "color": "red|blue|green|yellow|orange|purple|pink|brown|black|white|gray|gold|silver",
    "number": """one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|
seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|a hundred""",
    "digit": "one|two|three|four|five|six|seven|eight|nine|ten",
    "adjective": """hot|cold|big|small|tall|short|fast|slow|old|young|new|happy|sad|rich|poor|clean|dirty|hard|soft|heavy|
light|loud|quiet|strong|weak|early|late|dark|bright|full|empty|wet|dry|cheap|expensive|easy|difficult|open|closed|high|
low|good|bad|long|deep|wide|narrow|thick|thin|sharp|sweet|sour|brave|angry|tired|hungry|thirsty|clever|stupid|lazy|
busy|kind|rude|safe|dangerous|right|wrong|true|false|beautiful|ugly|smooth|rough|warm|cool|boring|interesting|famous|
friendly|healthy|sick|simple|strange|lucky|polite|modern|ancient|public|private""",
    "opposite": """up|left|day|in|before|above|start|win|buy|push|give|love|always|everything|inside|north|east|winter|
summer|morning|war|life|success|increase|arrive|remember|laugh|question|friend|man|boy|king|brother|uncle|father""",
    "topic": """gravity|the moon|the sun|the ocean|volcanoes|dinosaurs|the solar system|music|painting|history|mathematics|
physics|chemistry|biology|football|tennis|basketball|chess|cooking|travel|winter|summer|spring|autumn|rain|snow|wind|
clouds|rainbows|mountains|rivers|forests|deserts|islands|money|banks|schools|hospitals|computers|robots|the internet|
electricity|magnets|batteries|engines|planets|stars|galaxies|the brain|the heart|blood|bones|muscles|teeth|sleep|dreams|
friendship|love|fear|happiness|oxygen|water|fire|earthquakes|hurricanes|thunder|lightning|sound|light|time|energy|
plants|flowers|trees|insects|birds|fish|medicine|exercise|vitamins|sugar|languages|books|newspapers|movies|dancing|
photography|architecture|democracy|the pyramids|the Roman Empire|the Olympic Games|jazz|opera|poetry|climate change|
recycling|artificial intelligence|the weather|space travel|black holes|evolution|bacteria|viruses|cells|atoms""",
    "person": """Shakespeare|Einstein|Isaac Newton|Mozart|Beethoven|Picasso|Charles Darwin|Columbus|Napoleon|Cleopatra|
Abraham Lincoln|George Washington|Gandhi|Thomas Edison|Galileo|Socrates|Plato|Homer|Charles Dickens|Marie Curie|
Julius Caesar|Leonardo da Vinci|Michelangelo|Vincent van Gogh|Neil Armstrong|Martin Luther King|Nelson Mandela|
Mark Twain|Jane Austen|Bach|Queen Victoria|Alexander the Great|Aristotle|Rosa Parks|Walt Disney""",
    "work": """the light bulb|the telephone|the radio|the airplane|the steam engine|the telescope|the printing press|
the computer|penicillin|the wheel|the bicycle|paper|the camera|the piano|dynamite|the internet|the elevator|
the thermometer|the television|gunpowder|the microscope|the sewing machine|the battery""",
    "title": """Hamlet|Macbeth|Pride and Prejudice|Oliver Twist|Moby Dick|Don Quixote|War and Peace|The Odyssey|
Alice in Wonderland|Tom Sawyer|Robinson Crusoe|Frankenstein|Dracula|The Jungle Book|Treasure Island|Harry Potter|
Sherlock Holmes|The Lord of the Rings|Gulliver's Travels|Peter Pan""",
    "job": """doctor|teacher|farmer|baker|pilot|driver|nurse|lawyer|soldier|artist|writer|singer|dancer|carpenter|plumber|
chef|waiter|engineer|scientist|firefighter|dentist|butcher|gardener|judge|journalist|musician|painter|photographer|
policeman|sailor|tailor|librarian|mechanic|electrician|architect|actor|astronaut|barber|cashier|coach""",
    "month": "January|February|March|April|May|June|July|August|September|October|November|December",
    "weekday": "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday",
    "season": "winter|spring|summer|autumn|fall",
    "doing": """swim|cook|dance|sing|draw a picture|write a letter|bake bread|fix a car|ride a bicycle|play the guitar|
learn a language|read faster|sleep better|save money|build a house|plant a tree|clean the kitchen|drive a car|
catch a fish|make coffee|lose weight|paint a wall|climb a mountain|find a job|cut an onion|boil an egg|open a bottle|
train a dog|speak in public|stay healthy|wash the dishes|brush your teeth|comb your hair|sweep the floor|dig a hole|
cut wood|measure the temperature|take a photo|send a message|cook soup|drink tea|light a room|dry your hands|hang a picture|
sew a button|tie your shoes|look at the stars|play music|carry water|keep warm|wake up early|make a sandwich|iron a shirt|
water the flowers|light a candle|open a can|draw a straight line|eat rice|weigh flour|cross a river|call a friend""",
    "part": """eyes|ears|nose|mouth|teeth|tongue|hands|fingers|arms|legs|feet|knees|heart|lungs|stomach|brain|skin|hair|
bones|muscles|neck|shoulder|back|liver|blood""",
    "planet": "Mercury|Venus|Earth|Mars|Jupiter|Saturn|Uranus|Neptune|Pluto|the moon|the sun",
    "kind": """fruit|vegetable|animal|bird|fish|insect|tree|flower|color|country|city|river|mountain|planet|sport|game|
musical instrument|drink|dessert|season|language|metal|toy|tool|pet|farm animal|wild animal|shape|book|song|hobby|
piece of furniture|piece of clothing|part of the body|kind of weather|vehicle|job|school subject|holiday|continent""",
    "material": """wood|glass|paper|steel|plastic|gold|silver|cotton|wool|leather|silk|stone|brick|concrete|iron|copper|
rubber|ice|sand|clay|cloth""",
}
LISTS = {name: [w.strip() for w in text.replace("\n", "").split("|")] for name, text in LISTS.items()}  # type: ignore[attr-defined]

PLURALS = {
    "mouses": "mice", "wolfs": "wolves", "gooses": "geese", "sheeps": "sheep", "deers": "deer", "salmons": "salmon",
    "foxs": "foxes", "octopuss": "octopuses", "mosquitos": "mosquitoes", "donkeies": "donkeys", "butterflys": "butterflies",
    "flys": "flies", "ostrichs": "ostriches", "jellyfishs": "jellyfish", "knifes": "knives", "boxs": "boxes",
    "brushs": "brushes", "shelfs": "shelves", "scissorss": "scissors", "batterys": "batteries", "buss": "buses",
    "diarys": "diaries", "dictionarys": "dictionaries", "glasss": "glasses", "torchs": "torches",
}

ASKING = set("""What Who Why How When Where Which Whose Is Are Am Do Does Did Can Could Will Would Should Has Have
Was Were May""".split())

TEMPLATES = """What is the capital of {country}?
What's the capital of {country}?
Which city is the capital of {country}?
Tell me the capital of {country}.
Do you know the capital city of {country}?
Where is {country}?
What language do people speak in {country}?
Which language is spoken in {country}?
Which continent is {country} in?
On which continent is {country}?
What money is used in {country}?
What is the currency of {country}?
What is {country} famous for?
Is {city} the capital of {country}?
In which country is {city}?
Where is {city}?
What is {city} famous for?
What food do people eat in {country}?
Tell me something about {country}.
Which is bigger, {country} or {country}?
What do {animal}s eat?
What does a {animal} eat?
What sound does a {animal} make?
How many legs does a {animal} have?
Where do {animal}s live?
Where does a {animal} sleep?
What is a baby {animal} called?
What do you call a baby {animal}?
Which is bigger, a {animal} or a {animal}?
Which is faster, a {animal} or a {animal}?
Which animal is {adjective}, a {animal} or a {animal}?
Can a {animal} swim?
Can a {animal} fly?
How long does a {animal} live?
What color is a {animal}?
Is a {animal} a mammal?
Is a {animal} a bird or an insect?
Do {animal}s lay eggs?
Why do {animal}s have tails?
What is a {thing}?
What color is a {thing}?
What is a {thing} made of?
What is a {thing} used for?
What do you do with a {thing}?
Where do you keep a {thing}?
How does a {thing} work?
Who uses a {thing}?
Is a {thing} bigger than a {thing}?
Which is heavier, a {thing} or a {animal}?
Where can I buy a {thing}?
Where did I put my {thing}?
What color is a {food}?
What does {food} taste like?
Is {food} a fruit or a vegetable?
Is {food} good for you?
What is {food} made from?
How do you make {food}?
How do I cook {food}?
Do you like {food} with {food}?
What goes well with {food}?
What is the opposite of {adjective}?
What is the opposite of {opposite}?
What's the opposite of {adjective}?
Tell me the opposite of {adjective}.
Give me another word for {adjective}.
What is another word for {adjective}?
What does {adjective} mean?
Can you name something that is {adjective}?
Name something {adjective} and {adjective}.
What color do you get when you mix {color} and {color}?
Can you name a {kind} that is {color}?
Can you name a {color} {kind}?
Name a {color} {food}.
What things are {color}?
Name a {kind}.
Name {digit} {kind}s.
Tell me the name of a {adjective} {kind}.
What is your favorite {kind}?
Which {kind} do you like best?
What is {number} plus {number}?
What is {digit} plus {digit}?
What is {number} minus {digit}?
What is {digit} times {digit}?
How much is {number} and {number}?
Is {number} bigger than {number}?
Count from {digit} to {number}.
What number comes after {number}?
What number comes before {number}?
What is {topic}?
Why is {topic} important?
Tell me a fact about {topic}.
Tell me about {topic}.
Explain {topic} in one sentence.
How does {topic} work?
Do you like {topic}?
What do you know about {topic}?
Why do people like {topic}?
Where does {topic} come from?
Who was {person}?
When was {person} born?
What did {person} do?
Why is {person} famous?
Where did {person} live?
Who invented {work}?
When was {work} invented?
What is {work} good for?
Who wrote {title}?
What is {title} about?
What does a {job} do?
Where does a {job} work?
What tools does a {job} use?
Who is more important, a {job} or a {job}?
How do I become a {job}?
What does a {job} wear?
Which month comes after {month}?
Which month comes before {month}?
Which day comes after {weekday}?
What day comes before {weekday}?
What day comes after {weekday}?
In which season is {month}?
How many days are in {month}?
Which season comes after {season}?
What is the weather like in {month}?
What do people do in {season}?
What do you do on {weekday}?
What do you use to {doing}?
What do I need to {doing}?
Can you tell me how to {doing}?
What is the best way to {doing}?
How do I {doing}?
Why do people {doing}?
Can you {doing}?
Is it easy to {doing}?
What do you do with your {part}?
What are {part} for?
How many {part} do people have?
What part of the body is used to {doing}?
Is {planet} a star or a planet?
Which is bigger, {planet} or {planet}?
How far away is {planet}?
What color is {planet}?
What is {planet} made of?
Is {material} hard or soft?
Is {material} hot or cold?
What is made of {material}?
What do you make from {material}?
Where does {material} come from?
Is {topic} {adjective} or {adjective}?
Are {animal}s {adjective}?
Is a {thing} {adjective} or {adjective}?
What do you do when you are {adjective}?
How do you feel when you are {adjective}?
What should I wear in {month}?
What should I eat on {weekday}?
Where do you go to {doing}?
Where do you go to buy {food}?
Where can I see a {animal}?
What do you call a person who can {doing}?
What do we call a very {adjective} {animal}?
Write a short poem about {topic}.
Tell me a story about a {adjective} {animal}.
Give me some advice on how to {doing}.
Please explain what a {thing} is.
Could you tell me where {city} is?
I have a {adjective} {animal}. What should I name it?
How big is a {animal}?
How heavy is a {thing}?
What is bigger than a {thing}?
What is inside a {thing}?
What lives in {topic}?
How many {animal}s are there in the world?
How many wheels does a {thing} have?
How many people live in {city}?
How many colors are in {topic}?
Which animal has {adjective} {part}?
Which animal can {doing}?""".split("\n")
