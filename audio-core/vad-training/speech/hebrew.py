"""Hebrew for espeak-ng, in its phonemes: written Hebrew leaves out the vowels.

S is sh, X is chet/khaf, ts is tsadi, Q" is resh, ? a glottal stop, j is y; ' precedes the stressed vowel.
"""

import random

ANSWERS = """k'en|l'o|?'e|?ah'a|bes'edeQ"|tod'a|naX'on|Q"'ega|tov|bet'ax|sabab'a|?'ulaj|lo jod'ea|?as'uj|hal'o
Sal'om|b'okeQ" tov|?'eQ"ev tov|sliX'a|bevakaS'a|m'a|m'i|lam'a|mat'aj|?'ejfo|kam'a|X'aval|d'aj|j'ofi|ken ken""".replace("\n", "|").split("|")
DIGITS = "?'efes|?aX'at|St'ajim|Sal'oS|?aQ\"b'a|Xam'eS|S'eS|S'eva|Sm'one|t'eSa".split("|")
TENS = "?'eseQ\"|?esQ\"'im|SloS'im|?aQ\"ba'im|XamiS'im|SiS'im|Siv'im|Smon'im|tiS'im|me'a|mat'ajim|?'elef".split("|")
NAMES = "Q\"aX'el|mose|jits'Xak|Xan'a|?avQ\"ah'am|S'iQ\"a|Xaj'im|no'a|jos'ef|tam'aQ\"|go'en|koh'en|lev'i|mizQ\"aX'i|p'eQ\"ets|?oQ\"'en|ts'ipi|S'aul".split("|")
PHRASES = r"""an'i Q"ots'e liS'ol al haXeSb'on|?efS'aQ" lekab'ea toQ"|ha?im ?at'em ptuX'im beSab'at|lo hev'anti ?at jeXol'a laXz'oQ"
ha miSl'oaX lo hig'i'a|tsaQ"'iX levat'el ?et haz'mana|?an'i jexol'a ledab'eQ" im natsig|beSa'a SmoneS ves'eSa|mis'paQ" hatelefon Sel'i
ze lo oved kv'aQ" Savu'a|k'ama ze ?ol'e|t'ov tod'a Q"ab'a|?an'i gaQ" biQ"uSal'ajim|tiSl'aX li hod'a'a|ha Xavil'a hig'i'a Svuk'a
Q"'ega ?an'i meXap'es|?at'a Som'ea ?ot'i|n'u ?az m'a 'osim|jom X'amiSi ba'eQ"ev|?al telefon haj'a taf'us|ha kv'is bS'etax tsaf'on
?epsaQ" lehazm'in SulX'an leSn'ajim|X'ag sam'eaX lekul'am|ha X'esek bat'elefon|Xik'iti Xatsi Sa'a al hak'av|tsaQ"'iX ta?aQ"'iX Xad'aS""".replace("\n", "|").split("|")
ONSETS = ["?", "h", "X", "Q\"", "S", "ts", "s", "z", "b", "v", "g", "d", "k", "l", "m", "n", "p", "f", "t", "j", "St", "bQ\"", "sX", "Sm"]
CODAS = ["", "", "", "m", "n", "X", "Q\"", "S", "t", "l", "v", "k", "ts"]


def word(rng: random.Random) -> str:
    """A Hebrew-like made-up word, stressed on the last syllable."""
    syllables = [rng.choice(ONSETS) + rng.choice("aeiou") for _ in range(rng.randint(0, 2))]
    return "".join(syllables) + rng.choice(ONSETS) + "'" + rng.choice("aeiou") + rng.choice(CODAS)


def say(rng: random.Random) -> str:
    roll = rng.random()
    if roll < 0.3:
        parts = rng.sample(ANSWERS, rng.choice([1, 1, 2]))
    elif roll < 0.45:
        parts = ["?'efes", rng.choice(DIGITS)] + [rng.choice(DIGITS) for _ in range(rng.randint(3, 8))]
    elif roll < 0.53:
        parts = [rng.choice(TENS), "ve" + rng.choice(DIGITS)]
    elif roll < 0.6:
        parts = ["S'em", rng.choice(NAMES), rng.choice(NAMES)]
    elif roll < 0.85:
        parts = rng.sample(PHRASES, rng.choice([1, 1, 2]))
        parts = parts if rng.random() < 0.6 else [rng.choice(ANSWERS), *parts]
    else:
        parts = [word(rng) for _ in range(rng.randint(1, 8))]
    return f"[[{' '.join(parts)}]]"
