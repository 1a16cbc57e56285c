"""Tables of common knowledge from which `training.thinker.answers` makes correct short answers.

One entry is "key=value", entries are separated by "|"; several keys or values by ",".
"""

from __future__ import annotations


def table(text: str) -> dict[str, str]:
    """"a,b=c|d=e" -> {"a": "c", "b": "c", "d": "e"}, keys in lower case."""
    out: dict[str, str] = {}
    for entry in text.replace("\n", "").split("|"):
        keys, _, value = entry.partition("=")
        for key in keys.split(","):
            out[key.strip().lower()] = value.strip()
    return out


CAPITAL = table("""France=Paris|Italy=Rome|Japan=Tokyo|Egypt=Cairo|Spain=Madrid|Germany=Berlin|Poland=Warsaw|
Sweden=Stockholm|
Norway=Oslo|Finland=Helsinki|Denmark=Copenhagen|Ireland=Dublin|Scotland=Edinburgh|England=London|Portugal=Lisbon|
Greece=Athens|Turkey=Ankara|Russia=Moscow|Ukraine=Kyiv|China=Beijing|India=New Delhi|Pakistan=Islamabad|
Thailand=Bangkok|
Vietnam=Hanoi|Korea=Seoul|Australia=Canberra|Canada=Ottawa|Mexico=Mexico City|Brazil=Brasilia|Argentina=Buenos Aires|
Chile=Santiago|Peru=Lima|Cuba=Havana|Kenya=Nairobi|Nigeria=Abuja|Morocco=Rabat|Iran=Tehran|Iraq=Baghdad|
Israel=Jerusalem|
Austria=Vienna|Switzerland=Bern|Belgium=Brussels|Hungary=Budapest|Iceland=Reykjavik|Nepal=Kathmandu|
Mongolia=Ulaanbaatar|
Indonesia=Jakarta|Malaysia=Kuala Lumpur|Ethiopia=Addis Ababa|the Netherlands=Amsterdam|the United States=Washington|
South Africa=Pretoria|New Zealand=Wellington|Colombia=Bogota|the Philippines=Manila|Saudi Arabia=Riyadh|
Jamaica=Kingston|
Romania=Bucharest|Croatia=Zagreb""")
LANGUAGE = table("""France=French|Italy=Italian|Japan=Japanese|Egypt,Iraq,Morocco,Saudi Arabia=Arabic|Germany,
Austria=German|
Spain,Mexico,Argentina,Chile,Peru,Cuba,Colombia=Spanish|Poland=Polish|Sweden=Swedish|Norway=Norwegian|Finland=Finnish|
Denmark=Danish|Portugal,Brazil=Portuguese|Greece=Greek|Turkey=Turkish|Russia=Russian|Ukraine=Ukrainian|China=Chinese|
India=Hindi|Pakistan=Urdu|Thailand=Thai|Vietnam=Vietnamese|Korea=Korean|Iran=Persian|Israel=Hebrew|Hungary=Hungarian|
England,Ireland,Scotland,Australia,New Zealand,the United States,Jamaica,Canada,Nigeria,South Africa=English|
Iceland=Icelandic|Nepal=Nepali|Mongolia=Mongolian|Indonesia=Indonesian|Malaysia=Malay|the Netherlands=Dutch|
Romania=Romanian|Croatia=Croatian|Ethiopia=Amharic|Kenya=Swahili|the Philippines=Filipino""")
CONTINENT = table("""France,Italy,Spain,Germany,Poland,Sweden,Norway,Finland,Denmark,Ireland,Scotland,England,
Portugal,Greece,
Ukraine,Austria,Switzerland,Belgium,Hungary,Iceland,the Netherlands,Romania,Croatia=Europe|Japan,China,India,Pakistan,
Thailand,Vietnam,Korea,Iran,Iraq,Israel,Nepal,Mongolia,Indonesia,Malaysia,the Philippines,Saudi Arabia,Turkey=Asia|
Egypt,Kenya,Nigeria,Morocco,Ethiopia,South Africa=Africa|Canada,Mexico,Cuba,the United States,Jamaica=North America|
Brazil,Argentina,Chile,Peru,Colombia=South America|Australia,New Zealand=Oceania""")
MONEY = table("""France,Italy,Spain,Germany,Finland,Ireland,Portugal,Greece,Austria,Belgium,the Netherlands,
Croatia=the euro|
Japan=the yen|England,Scotland=the pound|Poland=the zloty|Sweden=the krona|Norway,Denmark=the krone|Turkey=the lira|
Russia=the ruble|China=the yuan|India,Pakistan,Nepal=the rupee|Thailand=the baht|Vietnam=the dong|Korea=the won|
the United States,Canada,Australia,New Zealand,Jamaica=the dollar|Mexico,Argentina,Chile,Cuba,Colombia,
the Philippines=the peso|
Brazil=the real|Switzerland=the franc|Hungary=the forint|Israel=the shekel|South Africa=the rand|Egypt=the pound""")
CITY = table("""Paris=France|London,Edinburgh=Britain|Rome,Venice=Italy|Berlin,Munich=Germany|Madrid,
Barcelona=Spain|Tokyo=Japan|
Cairo=Egypt|Moscow=Russia|Beijing,Shanghai=China|Sydney=Australia|Toronto=Canada|Dublin=Ireland|Vienna=Austria|
Chicago,Boston,Seattle,Houston,New York,Los Angeles,San Francisco,Miami,Las Vegas=the United States|Athens=Greece|
Lisbon=Portugal|Oslo=Norway|Prague=the Czech Republic|Warsaw=Poland|Delhi,Mumbai=India|Nairobi=Kenya|
Amsterdam=the Netherlands|Stockholm=Sweden|Copenhagen=Denmark|Budapest=Hungary|Istanbul=Turkey""")
OPPOSITE = table("""hot=cold|cold=hot|big=small|small=big|tall=short|short=long|fast=slow|slow=fast|old=young|
young=old|new=old|
happy=sad|sad=happy|rich=poor|poor=rich|clean=dirty|dirty=clean|hard=soft|soft=hard|heavy=light|light=heavy|
loud=quiet|
quiet=loud|strong=weak|weak=strong|early=late|late=early|dark=bright|bright=dark|full=empty|empty=full|wet=dry|
dry=wet|
cheap=expensive|expensive=cheap|easy=difficult|difficult=easy|open=closed|closed=open|high=low|low=high|good=bad|
bad=good|
long=short|deep=shallow|wide=narrow|narrow=wide|thick=thin|thin=thick|sharp=blunt|sweet=sour|sour=sweet|brave=afraid|
angry=calm|tired=rested|hungry=full|clever=stupid|stupid=clever|lazy=busy|busy=lazy|kind=cruel|rude=polite|
safe=dangerous|
dangerous=safe|right=wrong|wrong=right|true=false|false=true|beautiful=ugly|ugly=beautiful|smooth=rough|rough=smooth|
warm=cool|cool=warm|boring=interesting|interesting=boring|friendly=unfriendly|healthy=sick|sick=healthy|
simple=complicated|
lucky=unlucky|polite=rude|modern=ancient|ancient=modern|public=private|private=public|up=down|left=right|day=night|
in=out|
before=after|above=below|start=stop|win=lose|buy=sell|push=pull|give=take|love=hate|always=never|everything=nothing|
inside=outside|north=south|east=west|winter=summer|summer=winter|morning=evening|war=peace|life=death|success=failure|
increase=decrease|arrive=leave|remember=forget|laugh=cry|question=answer|friend=enemy|man=woman|boy=girl|king=queen|
brother=sister|uncle=aunt|father=mother|strange=normal|famous=unknown|thirsty=not thirsty""")
SYNONYM = table("""hot=very warm|cold=chilly|big=large|small=little|tall=high|short=brief|fast=quick|slow=unhurried|
old=aged|
young=youthful|new=fresh|happy=glad|sad=unhappy|rich=wealthy|poor=needy|clean=spotless|dirty=filthy|hard=firm|
soft=gentle|
heavy=weighty|loud=noisy|quiet=silent|strong=powerful|weak=feeble|dark=dim|bright=shining|empty=vacant|wet=damp|
dry=arid|
cheap=inexpensive|expensive=costly|easy=simple|difficult=hard|good=fine|bad=awful|thin=slim|wide=broad|sharp=keen|
brave=courageous|angry=furious|tired=weary|hungry=starving|clever=smart|stupid=foolish|lazy=idle|busy=occupied|
kind=caring|
rude=impolite|safe=secure|dangerous=risky|right=correct|wrong=incorrect|true=real|false=untrue|beautiful=lovely|
ugly=unattractive|rough=bumpy|boring=dull|famous=well known|healthy=fit|sick=ill|simple=easy|strange=odd|
lucky=fortunate|polite=courteous|ancient=very old|interesting=fascinating|friendly=kind|late=delayed|smooth=even""")
COLOR = table("""banana=yellow|apple=red|orange=orange|lemon=yellow|strawberry=red|tomato=red|potato=brown|
carrot=orange|
bread=brown|cheese=yellow|butter=yellow|egg=white or brown|rice=white|chocolate=brown|coffee=brown|tea=brown|
milk=white|
honey=golden|sugar=white|salt=white|pepper=black|garlic=white|cabbage=green|spinach=green|corn=yellow|lettuce=green|
cherry=red|pumpkin=orange|cucumber=green|grape=green or purple|peach=orange and pink|pear=green|elephant=gray|
mouse=gray|
frog=green|swan=white|crow=black|penguin=black and white|zebra=black and white|panda=black and white|
tiger=orange with black stripes|
lion=golden brown|pig=pink|sheep=white|bear=brown|fox=orange red|bee=yellow and black|crocodile=green|
goat=white or brown|
dolphin=gray|shark=gray|duck=brown or white|cow=black and white|lobster=dark blue or red|gorilla=black|
camel=light brown|
giraffe=yellow and brown|Mars=red|the sun=yellow|the moon=gray|Earth=blue|Neptune=blue|Uranus=pale blue|
Jupiter=orange and white|
Venus=yellowish white|Saturn=pale yellow|Mercury=gray|newspaper=black and white|sausage=brown|ham=pink|
onion=white or red""")
MIX = {frozenset(k.split("+")): v for k, v in table("""blue+yellow=green|red+yellow=orange|red+blue=purple|
red+white=pink|
black+white=gray|blue+white=light blue|red+green=brown|orange+blue=brown|purple+yellow=brown|black+red=dark red|
black+blue=dark blue|black+green=dark green|white+green=light green|white+yellow=light yellow|gray+white=light gray|
white+purple=light purple|black+yellow=dark green|brown+white=light brown|black+brown=dark brown""").items()}
SOUND = table("""dog=barks|cat=meows|horse=neighs|cow=moos|pig=oinks|sheep=says baa|goat=bleats|chicken=clucks|
duck=quacks|
goose=honks|mouse=squeaks|lion=roars|tiger=roars|bear=growls|wolf=howls|elephant=trumpets|monkey=chatters|
snake=hisses|
frog=croaks|owl=hoots|bee=buzzes|mosquito=buzzes|fly=buzzes|crow=caws|rooster=crows cock-a-doodle-doo|
donkey=brays hee-haw|
pigeon=coos|parrot=squawks|eagle=screeches|whale=sings|dolphin=clicks and whistles|turtle=hisses""")
EATS = table("""cow=grass and hay|dog=meat and dog food|cat=fish and meat|horse=grass, hay and oats|sheep,
goat=grass and leaves|
pig=almost everything|chicken=grain and insects|duck,goose=plants and insects|rabbit=grass and carrots|mouse,
rat=grain and cheese|
lion,tiger,wolf,cheetah=meat|bear=berries, fish and honey|fox=mice and rabbits|deer,giraffe=leaves and plants|
elephant=leaves and grass|
zebra=grass|monkey=fruit and leaves|snake=mice and frogs|lizard,frog=insects|crocodile=meat and fish|shark=fish|
whale=tiny sea animals and fish|dolphin,penguin=fish|eagle,owl=mice and other small animals|parrot=seeds and fruit|
spider=insects|
bee,butterfly=nectar from flowers|mosquito=blood and nectar|bat=insects|camel=dry plants|kangaroo=grass|squirrel=nuts|
hamster=seeds and vegetables|donkey=grass and hay|gorilla=leaves and fruit|hippo=grass|koala=eucalyptus leaves|
panda=bamboo|
swan=water plants|pigeon=seeds|octopus=crabs and fish|snail=leaves|turtle=plants and small fish|
crow=almost everything""")
LIVES = table("""fish,salmon=in the water|shark,whale,dolphin,octopus,jellyfish,lobster=in the ocean|lion,elephant,
zebra,
giraffe,cheetah=on the grasslands of Africa|tiger,gorilla,monkey=in the forest|penguin=near the South Pole|
camel=in the desert|kangaroo,koala=in Australia|panda=in the bamboo forests of China|cow,pig,sheep,goat,chicken,
horse,donkey,rooster=on a farm|
frog=in and near ponds|duck,swan,goose=on lakes and ponds|bear,wolf,fox,deer,squirrel=in the forest|bee=in a hive|
ant=in an anthill|spider=in a web|bat=in caves|crocodile,hippo=in rivers|dog,cat,hamster=in people's homes|
eagle=in the mountains|
rabbit=in a burrow under the ground|owl=in the forest|mouse=in holes in the ground|bird,crow,
pigeon=in nests in trees""")
BABY = table("""dog=puppy|cat=kitten|horse=foal|cow=calf|pig=piglet|sheep=lamb|goat=kid|chicken=chick|duck=duckling|
goose=gosling|
rabbit=bunny|lion,tiger,bear,fox=cub|wolf=pup|deer=fawn|elephant,whale,dolphin,giraffe,hippo=calf|zebra,donkey=foal|
frog=tadpole|
kangaroo,koala=joey|owl=owlet|eagle=eaglet|swan=cygnet|penguin=chick|butterfly=caterpillar|seal=pup|panda=cub|
monkey,gorilla=infant""")
LEGS = {k: 4 for k in ["dog", "cat", "horse", "cow", "pig", "sheep", "goat", "rabbit", "mouse", "rat", "lion", "tiger", "bear", "wolf", "fox", "deer", "elephant", "giraffe", "zebra", "lizard", "frog", "turtle", "crocodile", "camel", "squirrel", "hamster", "donkey", "cheetah", "hippo", "koala", "panda"]}
LEGS |= {k: 2 for k in ["chicken", "duck", "goose", "eagle", "owl", "parrot", "penguin", "kangaroo", "ostrich", "rooster", "swan", "pigeon", "crow", "gorilla"]}
LEGS |= {k: 6 for k in ["bee", "ant", "butterfly", "mosquito", "fly"]} | {"spider": 8, "octopus": 8, "crab": 10,
                                                                       "lobster": 10}
LEGS |= {k: 0 for k in ["snake", "shark", "whale", "dolphin", "salmon", "worm", "snail", "jellyfish"]}
BIRDS = set(["chicken", "duck", "goose", "eagle", "owl", "parrot", "penguin", "ostrich", "rooster", "swan", "pigeon", "crow"])
INSECTS = set(["bee", "ant", "butterfly", "mosquito", "fly"])
FLIERS = (BIRDS | INSECTS | {"bat"}) - {"penguin", "ostrich", "ant", "chicken", "rooster"}
MAMMALS = set(["dog", "cat", "horse", "cow", "pig", "sheep", "goat", "rabbit", "mouse", "rat", "lion", "tiger",
"bear", "wolf", "fox", "deer", "elephant", "giraffe", "zebra", "monkey", "whale", "dolphin", "bat", "camel",
"kangaroo", "squirrel", "hamster", "donkey", "cheetah", "gorilla", "hippo", "koala", "panda"])
EGG_LAYERS = BIRDS | INSECTS | set(
    ["snake", "lizard", "frog", "turtle", "crocodile", "salmon", "spider", "octopus", "crab", "lobster", "snail"])
SIZE = ["ant", "fly", "mosquito", "bee", "butterfly", "spider", "snail", "worm", "mouse", "hamster", "frog",
"lizard", "rat", "crab", "pigeon", "crow", "squirrel", "parrot", "duck", "rabbit", "chicken", "rooster", "owl",
"cat", "lobster", "goose", "fox", "eagle", "koala", "salmon", "penguin", "turtle", "swan", "dog", "wolf", "sheep",
"goat", "octopus", "kangaroo", "pig", "cheetah", "panda", "deer", "donkey", "ostrich", "gorilla", "lion", "tiger",
"zebra", "cow", "bear", "dolphin", "horse", "camel", "crocodile", "shark", "hippo", "giraffe", "elephant", "whale"]
SPEED = ["snail", "worm", "turtle", "ant", "spider", "crab", "lobster", "snail", "jellyfish", "frog", "koala",
"penguin", "hamster", "mouse", "fly", "duck", "chicken", "rat", "pig", "sheep", "lizard", "squirrel", "butterfly",
"goat", "cow", "elephant", "bear", "rabbit", "cat", "gorilla", "hippo", "camel", "donkey", "deer", "dog", "wolf",
"fox", "giraffe", "tiger", "zebra", "kangaroo", "ostrich", "horse", "lion", "eagle", "cheetah"]
USED_FOR = table("""table=eating and working at|chair=sitting on|lamp=giving light|window=letting in light and air|
door=closing a room|
book=reading|pen,pencil=writing|clock=telling the time|phone=calling people|computer=working and playing|
camera=taking pictures|
car=driving|bicycle=riding|train=traveling on rails|plane,helicopter=flying|boat,ship=traveling on water|
bridge=crossing a river|
house=living in|garden=growing plants|kitchen=cooking|bed=sleeping|mirror=looking at yourself|knife=cutting|
fork=eating|
spoon=eating soup|cup=drinking|bottle=holding drinks|bag=carrying things|coat,jacket=keeping warm|
hat=covering your head|
shoe=protecting your feet|shirt=covering your body|key=opening a lock|box=keeping things in|ladder=climbing up|
hammer=hitting nails|piano,guitar,violin,drum,trumpet=playing music|radio=listening to music and news|
television=watching programs|umbrella=keeping dry in the rain|candle=giving light|basket=carrying things|
blanket=keeping warm in bed|
pillow=resting your head on|letter=writing to someone|newspaper=reading the news|map=finding the way|
ball=playing games|
kite=flying in the wind|rope=tying things|needle=sewing|button=closing clothes|brush=cleaning or painting|
broom=sweeping the floor|
bucket=carrying water|towel=drying yourself|soap=washing|comb=combing your hair|saw=cutting wood|nail=joining wood|
helmet=protecting your head|glove=keeping your hands warm|sock=keeping your feet warm|scarf=keeping your neck warm|
belt=holding up your pants|wallet,purse=keeping money in|suitcase=packing clothes|tent=sleeping outdoors|
compass=finding north|telescope=looking at the stars|microscope=seeing very small things|
thermometer=measuring the temperature|
calculator=doing sums|calendar=seeing the date|diary=writing down your day|dictionary=looking up words|
stove=cooking food|
oven=baking|fridge=keeping food cold|sink=washing dishes|kettle=boiling water|plate=serving food|bowl=holding soup|
glass=drinking|
curtain=covering a window|carpet=covering the floor|shelf=keeping books on|desk=working at|sofa=sitting on|
fence=keeping animals in|
truck=carrying heavy things|bus=carrying many people|rocket=flying into space|tractor=working on a farm|
ring=wearing on a finger|
motorcycle=riding fast|robot=doing work for people|battery=storing electricity|magnet=attracting iron|wheel=rolling|
engine=driving a machine""")
MADE_OF = table("""table,chair,desk,shelf,piano,guitar,violin,fence,door,ladder=wood|window,mirror,bottle,glass=glass|
book,letter,newspaper,map,calendar,diary,dictionary,ticket=paper|coat,glove,scarf,sock,blanket,carpet=wool|
shirt,towel,flag,curtain,pillow=cotton|shoe,belt,wallet,purse=leather|knife,fork,spoon,nail,key,screw,saw,needle,
car,train,bridge,ship=metal|
house=bricks and wood|ring=gold or silver|candle=wax|tent=cloth|plate,cup,bowl=clay|bucket,button,comb,telephone,
ball=plastic|rope=fibers""")
FROM = table("""bread=flour and water|cheese,butter,yogurt,ice cream=milk|wine=grapes|chocolate=cocoa beans|
sugar=sugar cane|
honey=nectar that bees collect|jam=fruit and sugar|juice=fruit|beer=barley|pasta,noodle=flour and eggs|cake,cookie,
pancake=flour, eggs and sugar|
coffee=coffee beans|tea=tea leaves|popcorn=corn|sausage,ham=pork|hamburger,beef=beef from cows|
salt=sea water or rock|cereal=grain|
toast=bread|pizza=dough, tomatoes and cheese|salad=vegetables|soup=vegetables and water|
sandwich=bread with a filling""")
FRUIT = set(["banana", "apple", "orange", "lemon", "strawberry", "tomato", "grape", "cherry", "peach", "pear", "melon"])
VEGETABLE = set(["potato", "carrot", "onion", "garlic", "cabbage", "spinach", "corn", "cucumber", "lettuce",
"pumpkin", "bean", "mushroom"])
HARD = table("""wood,glass,steel,gold,silver,stone,brick,concrete,iron,copper,ice=hard|paper,cotton,wool,leather,silk,
rubber,cloth,sand,clay=soft""")
TOOL = table("""swim=a swimsuit|cook=a stove and a pot|draw a picture=a pencil and paper|
write a letter=a pen and paper|bake bread=an oven|
fix a car=a wrench|play the guitar=your fingers|read faster=your eyes|save money=a bank account|plant a tree=a shovel|
clean the kitchen=a cloth and soap|catch a fish=a fishing rod|make coffee=a coffee machine|
paint a wall=a brush and paint|
climb a mountain=a rope and good boots|cut an onion=a knife|boil an egg=a pot of water|open a bottle=a bottle opener|
wash the dishes=water and soap|brush your teeth=a toothbrush|comb your hair=a comb|sweep the floor=a broom|
dig a hole=a shovel|
cut wood=a saw|measure the temperature=a thermometer|take a photo=a camera|send a message=a phone|cook soup=a pot|
drink tea=a cup|
light a room=a lamp|dry your hands=a towel|hang a picture=a hammer and a nail|sew a button=a needle and thread|
tie your shoes=shoelaces|
look at the stars=a telescope|play music=a musical instrument|carry water=a bucket|keep warm=a coat or a blanket|
wake up early=an alarm clock|make a sandwich=bread and a knife|iron a shirt=an iron|water the flowers=a watering can|
light a candle=a match|open a can=a can opener|draw a straight line=a ruler|eat rice=a spoon or chopsticks|
weigh flour=a kitchen scale|
cross a river=a boat or a bridge|call a friend=a phone|build a house=bricks and tools|
ride a bicycle=a bicycle and a helmet""")
PLACE = table("""swim=a swimming pool|cook=the kitchen|learn a language=a language school|bake bread=a bakery|
fix a car=a garage|
save money=a bank|catch a fish=a river or a lake|climb a mountain=the mountains|find a job=a job center|
look at the stars=a dark hill|
cross a river=a bridge|dance=a dance club|play music=a music hall|sleep better=bed|drink tea=a tea house|
lose weight=a gym|train a dog=a park""")
DOES = table("""doctor=helps sick people get well|teacher=teaches students in a school|
farmer=grows food and keeps animals|
baker=bakes bread and cakes|pilot=flies planes|driver=drives a car or a bus|nurse=takes care of sick people|
lawyer=helps people with the law|soldier=defends a country|artist=makes art|writer=writes books|singer=sings songs|
dancer=dances|
carpenter=makes things out of wood|plumber=repairs water pipes|chef=cooks food in a restaurant|
waiter=brings food to the table|
engineer=designs machines and buildings|scientist=studies nature with experiments|firefighter=puts out fires|
dentist=takes care of teeth|
butcher=cuts and sells meat|gardener=takes care of plants|judge=decides cases in court|journalist=writes news|
musician=plays music|
painter=paints pictures or walls|photographer=takes pictures|policeman=protects people and catches criminals|
sailor=works on a ship|tailor=makes clothes|librarian=looks after books|mechanic=repairs cars|
electrician=repairs electric wires|
architect=designs houses|actor=plays roles in movies|astronaut=flies into space|barber=cuts hair|
cashier=takes the money in a shop|
coach=trains a sports team""")
WORKS = table("""doctor,nurse=in a hospital|teacher=in a school|farmer=on a farm|baker=in a bakery|pilot=in a plane|
driver=in a car or a bus|
lawyer=in an office|chef,waiter=in a restaurant|scientist=in a laboratory|firefighter=at a fire station|
dentist=in a dental clinic|
butcher=in a butcher's shop|gardener=in a garden|judge=in a court|policeman=at a police station|sailor=on a ship|
librarian=in a library|
mechanic=in a garage|actor=in a theater|astronaut=in space|barber=in a barber's shop|cashier=in a shop|
soldier=in the army""")
INVENTED = table("""the light bulb=Thomas Edison|the telephone=Alexander Graham Bell|the radio=Guglielmo Marconi|
the airplane=the Wright brothers|
the steam engine=James Watt|the telescope=Hans Lippershey|the printing press=Johannes Gutenberg|
the computer=Charles Babbage|
penicillin=Alexander Fleming|paper=Cai Lun in China|the piano=Bartolomeo Cristofori|dynamite=Alfred Nobel|
the elevator=Elisha Otis|
the television=John Logie Baird|the sewing machine=Elias Howe|the battery=Alessandro Volta|gunpowder=the Chinese""")
WROTE = table("""Hamlet,Macbeth=William Shakespeare|Pride and Prejudice=Jane Austen|Oliver Twist=Charles Dickens|
Moby Dick=Herman Melville|
Don Quixote=Miguel de Cervantes|War and Peace=Leo Tolstoy|The Odyssey=Homer|Alice in Wonderland=Lewis Carroll|
Tom Sawyer=Mark Twain|
Robinson Crusoe=Daniel Defoe|Frankenstein=Mary Shelley|Dracula=Bram Stoker|The Jungle Book=Rudyard Kipling|
Treasure Island=Robert Louis Stevenson|Harry Potter=J. K. Rowling|Sherlock Holmes=Arthur Conan Doyle|
The Lord of the Rings=J. R. R. Tolkien|Gulliver's Travels=Jonathan Swift|Peter Pan=J. M. Barrie""")
PERSON = table("""Shakespeare=an English writer of plays|Einstein=a physicist who found the theory of relativity|
Isaac Newton=an English scientist who studied motion and light|Mozart,Beethoven,Bach=a great composer of music|
Picasso=a Spanish painter|
Charles Darwin=the scientist who explained evolution|Columbus=a sailor who reached America in 1492|
Napoleon=an emperor of France|
Cleopatra=a queen of Egypt|Abraham Lincoln=a president of the United States who ended slavery|
George Washington=an American general and statesman|
Gandhi=the leader of India's peaceful struggle for freedom|Thomas Edison=an American inventor|
Galileo=an Italian astronomer|
Socrates,Plato,Aristotle=a philosopher of ancient Greece|Homer=a poet of ancient Greece|Charles Dickens,
Jane Austen=an English writer of novels|
Marie Curie=a scientist who discovered radium|Julius Caesar=a Roman general and ruler|
Leonardo da Vinci=an Italian painter and inventor|
Michelangelo=an Italian painter and sculptor|Vincent van Gogh=a Dutch painter|
Neil Armstrong=the first man on the moon|
Martin Luther King=an American leader of the civil rights movement|
Nelson Mandela=the first black president of South Africa|
Mark Twain=an American writer|Queen Victoria=a queen of England|
Alexander the Great=a king of Macedonia who won a great empire|
Rosa Parks=an American who fought for civil rights|Walt Disney=the maker of Mickey Mouse""")
MEMBERS = table("""fruit=an apple,a pear,a plum,a mango|vegetable=a carrot,a potato,an onion,a cabbage|animal=a dog,
a horse,a lion,a rabbit|
bird=an eagle,a sparrow,a parrot,an owl|fish=a salmon,a tuna,a trout,a shark|insect=an ant,a bee,a fly,a beetle|
tree=an oak,a pine,a maple,a birch|
flower=a rose,a tulip,a lily,a daisy|color=red,blue,green,yellow|country=France,Japan,Canada,Brazil|city=London,
Paris,Tokyo,Rome|
river=the Nile,the Amazon,the Danube,the Thames|mountain=Mount Fuji,Mont Blanc,Kilimanjaro,the Matterhorn|
planet=Mars,Venus,Saturn,Jupiter|
sport=swimming,running,skiing,boxing|game=chess,cards,checkers,dominoes|musical instrument=a flute,a harp,a cello,
a trumpet|
drink=water,juice,lemonade,milk|dessert=ice cream,cake,pudding,pie|season=spring,summer,autumn,winter|
language=English,French,Spanish,Chinese|metal=iron,gold,copper,silver|toy=a doll,a ball,a teddy bear,a puzzle|
tool=a hammer,a saw,a screwdriver,a drill|pet=a dog,a cat,a hamster,a goldfish|farm animal=a cow,a pig,a sheep,a goat|
wild animal=a lion,a wolf,a bear,an elephant|shape=a circle,a square,a triangle,a star|hobby=reading,painting,
gardening,cooking|
piece of furniture=a table,a chair,a bed,a sofa|piece of clothing=a shirt,a coat,a sock,a dress|
part of the body=the arm,the leg,the nose,the hand|
kind of weather=rain,snow,sunshine,fog|vehicle=a car,a bus,a train,a truck|job=a nurse,a farmer,a pilot,a cook|
school subject=math,history,biology,art|holiday=Easter,New Year,Thanksgiving,Halloween|continent=Europe,Africa,Asia,
Australia""")
COLORED = table("""red fruit=a cherry|yellow fruit=a lemon|green fruit=a lime|orange fruit=an orange|
purple fruit=a plum|black fruit=a blackberry|
blue fruit=a blueberry|red vegetable=a red pepper|green vegetable=a cucumber|orange vegetable=a carrot|
white vegetable=a cauliflower|
purple vegetable=an eggplant|brown vegetable=a potato|yellow vegetable=corn|black animal=a crow|
white animal=a polar bear|brown animal=a bear|
gray animal=an elephant|green animal=a frog|pink animal=a flamingo|orange animal=a tiger|yellow animal=a canary|
red animal=a ladybug|
blue animal=a blue whale|white bird=a swan|black bird=a crow|red bird=a cardinal|blue bird=a blue jay|
yellow bird=a canary|green bird=a parrot|
pink bird=a flamingo|red flower=a rose|yellow flower=a sunflower|white flower=a lily|blue flower=a cornflower|
purple flower=a violet|
pink flower=a carnation|black insect=an ant|green insect=a grasshopper|white drink=milk|brown drink=coffee|
orange drink=orange juice|
gray metal=iron|silver metal=silver|gold metal=gold|red planet=Mars|blue planet=Neptune|white metal=platinum|
green food=spinach|
brown metal=copper|green vegetable=spinach|gold fish=a goldfish|gray bird=a pigeon|brown bird=a sparrow""")
PARTS = table("""eyes=two|ears=two|nose=one|mouth=one|teeth=thirty-two|tongue=one|hands=two|fingers=ten|arms=two|
legs=two|feet=two|knees=two|
heart=one|lungs=two|stomach=one|brain=one|bones=two hundred and six|neck=one|muscles=more than six hundred|
liver=one""")
PART_USE = table("""eyes=see|ears=hear|nose=smell|mouth=eat and speak|teeth=chew food|tongue=taste|
hands=hold things|fingers=touch and hold things|
arms=lift and carry things|legs=walk and run|feet=stand and walk|knees=bend your legs|heart=pump blood|
lungs=breathe|stomach=digest food|
brain=think|skin=feel and protect the body|hair=keep the head warm|bones=hold up the body|muscles=move|
neck=turn the head|
shoulder=move the arm|back=stand upright|liver=clean the blood|blood=carry oxygen""")
PLANETS = {"mercury": "rock", "venus": "rock", "earth": "rock and metal", "mars": "rock", "jupiter": "gas",
 "saturn": "gas",
           "uranus": "gas and ice", "neptune": "gas and ice", "pluto": "rock and ice", "the moon": "rock",
 "the sun": "hot gas"}
FEELING = table("""hungry=eat something|thirsty=drink some water|tired=go to sleep|sick=go to a doctor|
cold=put on a coat|hot=drink something cool|
sad=talk to a friend|happy=smile and laugh|angry=take a deep breath|dirty=take a bath|wet=dry yourself with a towel|
late=hurry|
early=wait|busy=do one thing after another|lazy=rest on the sofa|bored=read a book|lucky=enjoy it|wrong=say sorry|
rude=say sorry""")
WHEELS = table("""car,truck,tractor=four|bicycle,motorcycle=two|bus=four or six|train=very many|boat,ship,rocket,
sofa,table,lamp=no|plane=three or more""")
