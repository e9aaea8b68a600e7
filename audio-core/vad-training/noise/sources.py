"""Which recorded file belongs to which family (first matching rule wins).

Patterns meet the last two path parts, lower case; patterns that start with ^
meet `package/whole/path`. Licences: see the package copyright files (all free,
Debian main).
"""

import re

# Directories and names that hold speech, singing or human grunts.
SKIP = re.compile(
    r"_desc|voice|speech|comment|announcer|taunt|talk|symbols/|alphabet|dreydl|giggle|laugh|"
    r"school|sportscr|market|taverns|audio-channel|front-center|audio-test|human|female|elf-|"
    r"sarge|maledeath|ohno|yipee|letsgo|goodidea|youwin|wscream|lovin|hell_|yoohoo|hogchant|"
    r"player/|ughs?\b|/moan|wombat_|/en/|/cs/|/nl/|/de/|introcutscene|roll-call|areyousure|"
    r"kiss|roadsigns|vo_|sequences|/message|audio/sfx/commander|scream|horseman|cry_|"
    r"pain(?!t)|idea|dwarf|orc-|goblin|troll|ogre|lich|zombie|mermaid|mermen|deadman|ghoul|"
    r"groan|bot_sounds|countdown|chatted|hello|wedding|santahat|hard_candy|researchcomplete|"
    r"_(?:acc|ack|sel|select|move)\d*\."
)

# Packages whose files are useful only in part.
ONLY = {
    "fillets-ng-data": r"music|share",
    "megaglest-data": (
        r"commondata/sounds/.*(build|harvest|mine|fall|catapult|horse|dragon|walk|tower|golem|"
        r"ship|airship|tank)"
    ),
    "widelands-data": r"sound|music|critters",
    "warzone2100-data": r"audio/sfx/",
}

# (family, kind, split, pattern); files of kind `music` are cut, not assembled.
RULES = [
    ("rec_music_moh", "music", "train", r"^asterisk-moh"),
    ("rec_music_orchestral", "music", "test", r"^wesnoth-1.16-music"),
    ("rec_strums", "music", "train", r"guitarstrums"),
    ("rec_drums", "impulsive", "train", r"^hydrogen|^.*(drumkit|tomtom|cymbal|wardrums)"),
    (
        "rec_music_games",
        "music",
        "train",
        r"^.*(music|/tunes/|mainzik|introzik|valkyries|denube|bachjs|menu_theme)",
    ),
    ("rec_keyboard", "impulsive", "train", r"^bucklespring|^.*(typewriter|keyclick)"),
    (
        "rec_weapons_war",
        "impulsive",
        "test",
        r"^(warzone2100|openarena).*(weapon|machinegun|shotgun|grenade|rocket|vulcan|proxmine|"
        r"gun|cannon|fire|expl|mortar|missile|bullet|hit|rail|plasma|nail|bfg|lightning|kam_|mgs|"
        r"rico)",
    ),
    (
        "rec_engines_war",
        "varying",
        "test",
        r"^warzone2100.*(engine|track|wheel|hover|tank|move|drive|vtol|jet|heli|cyborg|unit|veh)",
    ),
    ("rec_engines", "varying", "train", r"^torcs"),
    (
        "rec_engines",
        "varying",
        "train",
        r"engine|train|trafic|dirttrack|plane|jet|vehicle|firetruck|motor|locomotive|afterburner|"
        r"rcplane|apollo|helicopter|skid|crash|cart_moving|tyre|tire|parklandplane",
    ),
    (
        "rec_animals_farm",
        "animal",
        "train",
        r"^(widelands|lincity).*(animal|critter|farm|duck|bird|cow|sheep|horse|dog|cat|green|"
        r"park)",
    ),
    ("rec_animals_stamps", "animal", "test", r"^tuxpaint-stamps.*animals"),
    (
        "rec_animals",
        "animal",
        "train",
        r"bark|growl|snarl|hawk|wolf|bat-|bird|gryphon|horse|chitter|crow|frog|bee\d?\.|beewater|"
        r"cricket|owl|hiss|animal|rubberduck|critter|cat\b|tusker|drake|cow|naga|bear|lion|snake|"
        r"elephant|dragon|raven",
    ),
    (
        "rec_weapons",
        "impulsive",
        "train",
        r"gun|shot|explo|expl|cannon|rocket|grenade|mortar|missile|fire\d?\.(wav|ogg)|blast|bomb|"
        r"bullet|tnt|mine|thunderstick|whip|rico|atomic|nuke|laser|plasma|torpedo|phaser|"
        r"lightning",
    ),
    (
        "rec_melee",
        "impulsive",
        "train",
        r"sword|axe|mace|hit|club|flail|staff|spear|knife|bow\b|bow-|sling|dagger|hatchet|fist|"
        r"punch|clank|whoosh|swing|thud|impact|slice|arrow|pincers|claws|bite|strike",
    ),
    ("rec_footsteps", "impulsive", "train", r"footstep|step|walk|boot|canter|land\d?\.|jump"),
    (
        "rec_water_wind",
        "varying",
        "train",
        r"water|wind|splash|rain|sea|ocean|wave|lava|drip|drop|waterfall|ship|harbor|fire|flame|"
        r"burn|fuse|steam|storm|ambient|night|morning|bubble|night|river",
    ),
    (
        "rec_industry",
        "varying",
        "train",
        r"mill|mine|smith|industry|power|substation|recycle|raze|build|saw|hammer|pump|machin|"
        r"metal|forge|wood|drill|furnace|press|fan|drone|hum|vacuum|washing|kettle|construct|"
        r"pottery|quarry|electro",
    ),
    (
        "rec_objects",
        "impulsive",
        "train",
        r"door|chest|glass|click|dig|dug|place|break|bottle|dish|toilet|scissors|paper|camera|"
        r"shutter|gold|coin|open|close|switch|button|clock|tick|chink|plop|slide|snow|gravel|"
        r"cloth|rustle",
    ),
    ("rec_game_sounds", "varying", "train", r"."),
]
RULES = [(f, k, s, re.compile(p)) for f, k, s, p in RULES]


def classify(package, path):
    """(family, kind, split) of a sound file, or None when it must be skipped."""
    name = f"{package}/{path}".lower()
    if SKIP.search(name) or (package in ONLY and not re.search(ONLY[package], name)):
        return None
    tail = "/".join(name.split("/")[-2:])
    for family, kind, split, pattern in RULES:
        if pattern.search(name if pattern.pattern.startswith("^") else tail):
            return family, kind, split
    return None
