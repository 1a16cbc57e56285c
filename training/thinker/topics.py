"""What people tell of themselves and ask for later: some 170 topics, most of them made from a few forms, so
that the reply hangs on what was said and not on what is asked.

None of the names, topics and wordings of evaluation/turns.py is among them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """Something about the person. `{}` stands for what it is; kin: topics that are told with the same words."""

    values: list[str]
    told: list[str]
    reply: list[str]
    asked: list[str]
    known: str
    unknown: str
    kin: str = ""


def _list(words: str) -> list[str]:
    return [word.replace("_", " ") for word in words.split()]


_NAMES = _list("""Anna Tom Peter Lucy Mary John Paul Emma David Laura Ben Alice Frank Helen Jack Julia Kate Mark Nora
Oscar Rose Sam Sarah Simon Susan Tim Martin Grace Henry Linda Robert Jane Philip Betty Walter Clara Victor Ruth""")
_COLORS = _list("red blue green yellow black white orange purple pink brown gray")
_PETS = _list("dog cat rabbit parrot hamster horse mouse goldfish turtle snake pony duck")
_CITIES = _list("""London Paris Berlin Madrid Rome Vienna Boston Chicago Dublin Tokyo Moscow Sydney Toronto Lisbon
Athens New_York Amsterdam Oslo Prague Cairo""")
_COUNTRIES = _list("Spain Italy Greece Norway Canada Japan Egypt France Poland Mexico India Ireland")
_FOODS = _list("""pizza soup rice apples chocolate fish pancakes salad bananas cake noodles eggs potatoes
ice_cream strawberries chicken""")
_JOBS = _list("teacher doctor nurse farmer baker driver writer painter cook gardener pilot lawyer dentist singer")
_AGES = _list("""seven ten twelve sixteen twenty twenty-five thirty thirty-two forty forty-five fifty fifty-one sixty
seventy eighty""")
_NUMBERS = _list("two three four five six seven eight nine ten twelve twenty")
_DAYS = _list("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
_CLOCK = _list("seven eight nine ten eleven two three four five six")
_PLACES = _list("""on_the_table in_the_kitchen under_the_bed in_the_car by_the_door in_my_bag on_the_shelf
in_the_garden""")
_LANGUAGES = _list("French German Spanish Italian Greek Polish Russian Chinese Japanese Arabic Dutch")
_INSTRUMENTS = _list("piano violin flute drums trumpet cello harp organ")
_SPORTS = _list("tennis football chess golf hockey basketball volleyball")
_SUBJECTS = _list("history music biology art physics law chemistry medicine")
_OBJECTS = _list("camera wallet watch hat jacket ring pencil scarf ticket laptop bottle key")
_VEHICLES = _list("bus train taxi van tractor truck boat motorcycle")
_FEELINGS = _list("tired happy hungry sad thirsty bored angry nervous cold sick")
_FEARS = _list("spiders snakes dogs ghosts thunder mice needles heights")
_OUTINGS = _list("the_beach the_zoo the_museum the_market the_cinema the_lake the_library the_forest")
_BOOKS = _list("dragons pirates trees robots whales kings space trains")
_DRINKS = _list("tea coffee juice milk water cocoa")
_MONTHS = _list("January March May July August October")
_PLANTS = _list("roses tulips lilies daisies sunflowers")
_THANKS = ["I will remember that.", "Thank you for telling me.", "That is good to know.", "All right.", "Nice."]


def _topic(kin: str, values: list[str], told: list[str], asked: list[str], known: str, unknown: str) -> Topic:
    return Topic(values, told, [*_THANKS, known], asked, known, f"I do not know {unknown}.", kin)


def _called(one: str) -> Topic:
    return _topic(
        "called", _NAMES, [f"My {one} is called {{}}.", f"The name of my {one} is {{}}.", f"My {one}'s name is {{}}."],
        [f"What is my {one} called?", f"What is the name of my {one}?", f"What is my {one}'s name?"],
        f"Your {one} is called {{}}.", f"what your {one} is called")  # fmt: skip


def _colored(one: str) -> Topic:
    return _topic("colored", _COLORS, [f"My {one} is {{}}.", f"The color of my {one} is {{}}."],
                  [f"What color is my {one}?", f"Which color is my {one}?", f"What is the color of my {one}?"],
                  f"Your {one} is {{}}.", f"what color your {one} is")  # fmt: skip


def _lies(what: str) -> Topic:
    verb = "are" if what.endswith("s") else "is"
    return _topic("lies", _PLACES, [f"My {what} {verb} {{}}.", f"I put my {what} {{}}."],
                  [f"Where {verb} my {what}?", f"Where did I put my {what}?"], f"Your {what} {verb} {{}}.",
                  f"where your {what} {verb}")  # fmt: skip


def _counted(many: str) -> Topic:
    return _topic("counted", _NUMBERS, [f"I have {{}} {many}.", f"There are {{}} {many} in my house."],
                  [f"How many {many} do I have?"], f"You have {{}} {many}.", f"how many {many} you have")  # fmt: skip


def _dated(event: str) -> Topic:
    return _topic("dated", _DAYS, [f"My {event} is on {{}}.", f"I have a {event} on {{}}."],
                  [f"When is my {event}?", f"What day is my {event}?"], f"Your {event} is on {{}}.",
                  f"when your {event} is")  # fmt: skip


def _begins(event: str) -> Topic:
    return _topic("begins", _CLOCK, [f"My {event} starts at {{}} o'clock.", f"My {event} begins at {{}}."],
                  [f"When does my {event} start?", f"What time is my {event}?"],
                  f"Your {event} starts at {{}} o'clock.", f"when your {event} starts")  # fmt: skip


def _favorite(kind: str, values: list[str]) -> Topic:
    return _topic("favorite", values, [f"My favorite {kind} is {{}}.", f"The {kind} that I like best is {{}}."],
                  [f"What is my favorite {kind}?", f"Which {kind} do I like best?"], f"Your favorite {kind} is {{}}.",
                  f"what your favorite {kind} is")  # fmt: skip


# Values, what is told (behind "I"), what is asked, and the reply (behind "You").
_DONE = [
    (_FOODS, "ate {} for breakfast", "What did I eat for breakfast?", "ate {} for breakfast"),
    (_FOODS, "had {} for dinner", "What did I have for dinner?", "had {} for dinner"),
    (_FOODS, "want to cook {} tonight", "What do I want to cook tonight?", "want to cook {} tonight"),
    (_OUTINGS, "went to {} yesterday", "Where did I go yesterday?", "went to {} yesterday"),
    (_OUTINGS, "will go to {} on Sunday", "Where will I go on Sunday?", "will go to {} on Sunday"),
    (_NAMES, "met {} today", "Who did I meet today?", "met {} today"),
    (_NAMES, "am waiting for {}", "Who am I waiting for?", "are waiting for {}"),
    (_NAMES, "sit next to {} at school", "Who do I sit next to at school?", "sit next to {} at school"),
    (_NAMES, "got a letter from {}", "Who did I get a letter from?", "got a letter from {}"),
    (_NAMES, "work with {}", "Who do I work with?", "work with {}"),
    (_BOOKS, "am reading a book about {}", "What am I reading about?", "are reading a book about {}"),
    (_BOOKS, "dreamed of {} last night", "What did I dream of last night?", "dreamed of {} last night"),
    (_BOOKS, "watched a film about {}", "What was my film about?", "watched a film about {}"),
    (_INSTRUMENTS, "play the {}", "Which instrument do I play?", "play the {}"),
    (_INSTRUMENTS, "want to learn the {}", "Which instrument do I want to learn?", "want to learn the {}"),
    (_LANGUAGES, "speak {}", "Which language do I speak?", "speak {}"),
    (_LANGUAGES, "am learning {}", "Which language am I learning?", "are learning {}"),
    (_VEHICLES, "go to work by {}", "How do I go to work?", "go to work by {}"),
    (_FEELINGS, "am {} today", "How do I feel today?", "are {} today"),
    (_SUBJECTS, "study {}", "What do I study?", "study {}"),
    (_SPORTS, "play {} every week", "What do I play every week?", "play {} every week"),
    (_SPORTS, "never play {}", "What do I never play?", "never play {}"),
    (_FEARS, "am afraid of {}", "What am I afraid of?", "are afraid of {}"),
    (_OBJECTS, "lost my {}", "What did I lose?", "lost your {}"),
    (_OBJECTS, "broke my {}", "What did I break?", "broke your {}"),
    (_OBJECTS, "found a {} in the street", "What did I find?", "found a {} in the street"),
    (_OBJECTS, "forgot my {} at home", "What did I forget?", "forgot your {} at home"),
    (_OBJECTS, "sold my {}", "What did I sell?", "sold your {}"),
    (_OBJECTS, "need a new {}", "What do I need?", "need a new {}"),
    (_OBJECTS, "got a {} for my birthday", "What did I get for my birthday?", "got a {} for your birthday"),
    (_JOBS, "want to become a {}", "What do I want to become?", "want to become a {}"),
    (_JOBS, "was a {} when I was young", "What was I when I was young?", "were a {} when you were young"),
    (_COUNTRIES, "was in {} last year", "Where was I last year?", "were in {} last year"),
    (_COUNTRIES, "want to see {}", "Which country do I want to see?", "want to see {}"),
    (_CITIES, "grew up in {}", "Where did I grow up?", "grew up in {}"),
    (_CITIES, "got married in {}", "Where did I get married?", "got married in {}"),
    (_CLOCK, "get up at {} o'clock", "When do I get up?", "get up at {} o'clock"),
    (_CLOCK, "have lunch at {}", "When do I have lunch?", "have lunch at {}"),
    (_NUMBERS, "slept {} hours", "How many hours did I sleep?", "slept {} hours"),
    (_NUMBERS, "walked {} miles today", "How many miles did I walk today?", "walked {} miles today"),
    (_NUMBERS, "drink {} cups of coffee a day", "How many cups of coffee do I drink?", "drink {} cups of coffee a day"),
    (_DAYS, "wash the car on {}", "When do I wash the car?", "wash the car on {}"),
    (_DAYS, "will see my mother on {}", "When will I see my mother?", "will see your mother on {}"),
    (_COLORS, "painted my room {}", "In which color did I paint my room?", "painted your room {}"),
    (_COLORS, "am wearing a {} shirt", "Which color is the shirt that I am wearing?", "are wearing a {} shirt"),
    (_PETS, "saw a {} this morning", "Which animal did I see this morning?", "saw a {} this morning"),
    (_PETS, "would like to have a {}", "Which animal would I like to have?", "would like to have a {}"),
    (_COUNTRIES, "will fly to {} in summer", "Where will I fly in summer?", "will fly to {} in summer"),
    (_CITIES, "will move to {} soon", "Which city will I move to?", "will move to {} soon"),
    (_CITIES, "came back from {} today", "Where did I come back from?", "came back from {} today"),
    (_NAMES, "will marry {}", "Who will I marry?", "will marry {}"),
    (_NAMES, "had a fight with {}", "Who did I have a fight with?", "had a fight with {}"),
    (_DRINKS, "drink {} at night", "What do I drink at night?", "drink {} at night"),
    (_DRINKS, "ordered {} with my meal", "What did I order with my meal?", "ordered {} with your meal"),
    (_FOODS, "cannot stand {}", "What can I not stand?", "cannot stand {}"),
    (_MONTHS, "start my new job in {}", "In which month do I start my new job?", "start your new job in {}"),
    (_MONTHS, "have my birthday in {}", "In which month is my birthday?", "have your birthday in {}"),
    (_BOOKS, "want to write about {}", "What do I want to write about?", "want to write about {}"),
    (_VEHICLES, "missed my {} this morning", "What did I miss this morning?", "missed your {} this morning"),
    (_PLANTS, "planted {} in the garden", "What did I plant in the garden?", "planted {} in the garden"),
    (_AGES, "live at number {}", "What number do I live at?", "live at number {}"),
    (_AGES, "paid {} dollars for my shoes", "What did I pay for my shoes?", "paid {} dollars for your shoes"),
]  # fmt: skip


def _done(values: list[str], told: str, asked: str, known: str) -> Topic:
    return _topic("done", values, [f"I {told}."], [asked], f"You {known}.", "that, you have not told me")


TOPICS = [
    Topic(_NAMES, ["My name is {}.", "I am {}.", "Hello, my name is {}."], ["Nice to meet you, {}.", "Hello {}."],
          ["What is my name?", "Do you remember my name?", "What am I called?"], "Your name is {}.",
          "I do not know your name."),
    Topic(_COLORS, ["My favorite color is {}.", "I like {} best."], ["{} is a nice color."],
          ["What is my favorite color?", "Which color do I like best?"], "Your favorite color is {}.",
          "I do not know your favorite color."),
    Topic(_PETS, ["I have a {}.", "I have a {} at home."], ["A {} is a good pet."],
          ["What pet do I have?", "Which animal do I have?"], "You have a {}.", "I do not know which pet you have."),
    Topic(_CITIES, ["I live in {}.", "I come from {}."], ["{} is a nice place."],
          ["Where do I live?", "Which city do I live in?", "Where do I come from?"], "You live in {}.",
          "I do not know where you live."),
    Topic(_FOODS, ["I like {}.", "My favorite food is {}."], ["Many people like {}."],
          ["What do I like to eat?", "What is my favorite food?"], "You like {}.", "I do not know what you like."),
    Topic(_JOBS, ["I am a {}.", "I work as a {}."], ["Being a {} is a good job."],
          ["What is my job?", "What do I work as?"], "You are a {}.", "I do not know your job."),
    Topic(_AGES, ["I am {} years old."], ["{} is a good age."], ["How old am I?", "What is my age?"],
          "You are {} years old.", "I do not know how old you are."),
    *map(_called, _list("""brother father uncle aunt friend boss son daughter cousin wife husband
        dog horse parrot boat street school baby hamster grandmother grandson""")),
    *map(_colored, _list("""car jacket hat bag sofa tie scarf umbrella phone cup kitchen boat pen tent suitcase
        bedroom blanket bathroom guitar""")),
    *map(_lies, _list("""keys glasses shoes gloves books phone wallet umbrella passport ticket camera laptop letters
        medicine""")),
    *map(_counted, _list("""brothers children cats cousins cars rooms books plants stamps chickens windows cups
        trees""")),
    *map(_dated, _list("lesson interview concert flight party meeting appointment game holiday dinner")),
    *map(_begins, _list("class shift film match course show dance job")),
    *(_favorite(kind, values) for kind, values in {
        "fruit": _list("apples pears cherries melons peaches plums"), "animal": _PETS, "sport": _SPORTS,
        "season": _list("spring summer autumn winter"), "language": _LANGUAGES,
        "month": _MONTHS, "vegetable": _list("carrots beans peas spinach onions"), "drink": _DRINKS, "flower": _PLANTS,
        "instrument": _INSTRUMENTS, "day": _DAYS,
        "number": _NUMBERS, "subject": _SUBJECTS, "country": _COUNTRIES, "city": _CITIES}.items()),
    *(_done(*row) for row in _DONE),
]  # fmt: skip
