"""What espeak-ng is given to say: sentences, numbers and made-up words, by language."""

import random

SENTENCES = {
    "en": "Yes, that is right.|No, thank you.|Could you say that again, please?|I would like to book a table for six.|Hello, how can I help you today?|My name is Sarah Phillips.|Hold on a second.|The delivery never came, so I am calling again.|Okay.|What time do you close on Friday?",
    "es": "Sí, claro.|No, gracias.|¿Puede repetir, por favor?|Quisiera hacer una reserva para esta noche.|Buenos días, ¿con quién hablo?|Me llamo Alejandro.|Un momento.|El pedido llegó roto.",
    "fr": "Oui, bien sûr.|Non merci.|Pouvez-vous répéter, s'il vous plaît ?|Je voudrais prendre un rendez-vous lundi.|Bonjour, je vous écoute.|Un instant.|C'est au sujet de ma facture.",
    "de": "Ja, genau.|Nein, danke.|Können Sie das bitte wiederholen?|Ich möchte einen Termin vereinbaren.|Guten Tag, wie kann ich helfen?|Einen Moment.|Meine Rechnung stimmt leider nicht.",
    "it": "Sì, certo.|No, grazie.|Può ripetere, per favore?|Vorrei prenotare un tavolo per due.|Buongiorno, mi dica.|Un attimo.",
    "pt": "Sim, claro.|Não, obrigado.|Pode repetir, por favor?|Queria marcar uma consulta.|Bom dia, em que posso ajudar?|Um momento.",
    "nl": "Ja, precies.|Nee, dank u.|Kunt u dat herhalen?|Ik wil graag een afspraak maken.|Goedemorgen, waarmee kan ik u helpen?",
    "ru": "Да, конечно.|Нет, спасибо.|Повторите, пожалуйста.|Я хочу записаться на завтра.|Здравствуйте, чем могу помочь?|Минуту.|Меня зовут Сергей.",
    "uk": "Так, звичайно.|Ні, дякую.|Повторіть, будь ласка.|Я хочу записатися на завтра.|Добрий день.",
    "pl": "Tak, oczywiście.|Nie, dziękuję.|Czy może pan powtórzyć?|Chciałbym umówić wizytę.|Dzień dobry, w czym mogę pomóc?|Chwileczkę.",
    "cs": "Ano, jistě.|Ne, děkuji.|Můžete to zopakovat?|Chtěl bych si objednat stůl.|Dobrý den.",
    "sk": "Áno, samozrejme.|Nie, ďakujem.|Môžete to zopakovať?|Dobrý deň, ako vám pomôžem?",
    "hu": "Igen, persze.|Nem, köszönöm.|Megismételné, kérem?|Szeretnék időpontot foglalni.|Jó napot kívánok.",
    "ro": "Da, sigur.|Nu, mulțumesc.|Puteți repeta, vă rog?|Aș vrea să fac o programare.|Bună ziua.",
    "bg": "Да, разбира се.|Не, благодаря.|Може ли да повторите?|Искам да запазя час.|Добър ден.",
    "sr": "Да, наравно.|Не, хвала.|Можете ли да поновите?|Добар дан.",
    "hr": "Da, naravno.|Ne, hvala.|Možete li ponoviti?|Dobar dan, izvolite.",
    "el": "Ναι, βέβαια.|Όχι, ευχαριστώ.|Μπορείτε να το επαναλάβετε;|Θα ήθελα ένα ραντεβού.|Καλημέρα σας.",
    "tr": "Evet, tabii.|Hayır, teşekkür ederim.|Tekrar eder misiniz?|Randevu almak istiyorum.|İyi günler.",
    "ar": "نعم بالطبع|لا شكرا|هل يمكنك أن تعيد من فضلك|أريد أن أحجز موعدا|السلام عليكم|لحظة واحدة|صباح الخير",
    "fa": "بله البته|نه ممنون|لطفا تکرار کنید|می‌خواهم وقت بگیرم|سلام",
    "hi": "हाँ, ज़रूर।|नहीं, धन्यवाद।|कृपया दोबारा कहिए।|मुझे समय चाहिए।|नमस्ते, मैं आपकी क्या मदद कर सकता हूँ?",
    "bn": "হ্যাঁ, অবশ্যই।|না, ধন্যবাদ।|আবার বলুন।|নমস্কার।",
    "ta": "ஆமாம்.|இல்லை, நன்றி.|மீண்டும் சொல்லுங்கள்.|வணக்கம்.",
    "te": "అవును.|లేదు, ధన్యవాదాలు.|మళ్ళీ చెప్పండి.|నమస్కారం.",
    "ka": "დიახ, რა თქმა უნდა.|არა, გმადლობთ.|გამარჯობა.|გთხოვთ გაიმეოროთ.",
    "hy": "Այո, իհարկե։|Ոչ, շնորհակալություն։|Բարև ձեզ։",
    "fi": "Kyllä, totta kai.|Ei kiitos.|Voisitteko toistaa?|Haluaisin varata ajan.|Hyvää päivää.",
    "sv": "Ja, visst.|Nej tack.|Kan du upprepa det?|Jag vill boka en tid.|God morgon.",
    "nb": "Ja, selvfølgelig.|Nei takk.|Kan du gjenta det?|Jeg vil bestille time.|God dag.",
    "da": "Ja, selvfølgelig.|Nej tak.|Kan du gentage det?|Jeg vil gerne bestille tid.",
    "et": "Jah, muidugi.|Ei, aitäh.|Kas te võiksite korrata?|Tere päevast.",
    "lv": "Jā, protams.|Nē, paldies.|Vai varat atkārtot?|Labdien.",
    "lt": "Taip, žinoma.|Ne, ačiū.|Ar galite pakartoti?|Laba diena.",
    "vi": "Vâng, đúng rồi.|Không, cảm ơn.|Xin nhắc lại.|Tôi muốn đặt lịch hẹn.|Xin chào.",
    "id": "Ya, tentu.|Tidak, terima kasih.|Bisa diulang?|Saya mau membuat janji.|Selamat pagi.",
    "sw": "Ndiyo, sawa.|Hapana, asante.|Tafadhali rudia.|Habari ya asubuhi.",
    "cmn": "是的，没错。|不用，谢谢。|请再说一遍。|我想预约明天。|你好，请问有什么可以帮您？|等一下。",
    "yue": "係呀。|唔使，多謝。|請再講一次。|你好。",
    "ko": "네, 맞아요.|아니요, 괜찮습니다.|다시 말씀해 주세요.|예약하고 싶습니다.|안녕하세요.",
    "ja": "はい、そうです。|いいえ、けっこうです。|もういちどおねがいします。|よやくをしたいのですが。|こんにちは。",
    "ca": "Sí, és clar.|No, gràcies.|Ho pot repetir?|Voldria demanar hora.|Bon dia.",
    "eu": "Bai, noski.|Ez, eskerrik asko.|Egun on.",
    "cy": "Ie, wrth gwrs.|Na, diolch.|Bore da.",
    "ga": "Sea, cinnte.|Níl, go raibh maith agat.|Dia duit.",
    "is": "Já, auðvitað.|Nei, takk.|Góðan daginn.",
    "sq": "Po, sigurisht.|Jo, faleminderit.|Mirëdita.",
    "mk": "Да, секако.|Не, благодарам.|Добар ден.",
    "sl": "Da, seveda.|Ne, hvala.|Dober dan.",
    "af": "Ja, natuurlik.|Nee, dankie.|Goeie more.",
    "mt": "Iva, żgur.|Le, grazzi.|Bonġu.",
    "az": "Bəli, əlbəttə.|Xeyr, sağ olun.|Salam.",
    "kk": "Иә, әрине.|Жоқ, рақмет.|Сәлеметсіз бе.",
    "ur": "جی ہاں، ضرور|نہیں شکریہ|دوبارہ کہیے|السلام علیکم",
    "am": "አዎ|አይ አመሰግናለሁ|ሰላም",
    "ml": "അതെ.|വേണ്ട, നന്ദി.|നമസ്കാരം.",
    "mr": "हो, नक्की.|नाही, धन्यवाद.|नमस्कार.",
}
MORE = ["gu", "kn", "pa", "ne", "si", "my", "th", "ms", "mi", "haw", "ky", "uz", "tt", "tn", "om", "ku", "eo", "la", "lb", "ht", "gd", "bs", "be"]
LANGUAGES = sorted(SENTENCES) + MORE
ONSETS = ["p", "t", "k", "b", "d", "g", "m", "n", "s", "l", "f", "", "", "S", "h"]
VOWELS = "aeiou"


def digits(rng: random.Random) -> str:
    """A telephone number, an amount or a code."""
    kind = rng.randrange(3)
    if kind == 0:
        return " ".join(str(rng.randrange(10)) for _ in range(rng.randint(3, 10)))
    if kind == 1:
        return str(rng.randrange(1, 5000))
    return ", ".join(str(rng.randrange(100)) for _ in range(rng.randint(2, 5)))


def nonsense(rng: random.Random) -> str:
    """Open-syllable words in espeak-ng phonemes that most languages have."""
    words = []
    for _ in range(rng.randint(1, 8)):
        syllables = [rng.choice(ONSETS) + rng.choice(VOWELS) for _ in range(rng.randint(1, 4))]
        syllables[rng.randrange(len(syllables))] = "'" + rng.choice(ONSETS) + rng.choice(VOWELS)
        words.append("".join(syllables) + rng.choice(["", "", "n", "s", "l", "t"]))
    return f"[[{' '.join(words)}]]"


def say(language: str, rng: random.Random) -> str:
    """One utterance: often a sentence where we have some, else numbers or made-up words."""
    sentences = SENTENCES.get(language, "").split("|")
    roll = rng.random()
    if sentences[0] and roll < 0.6:
        return " ".join(rng.choice(sentences) for _ in range(rng.choice([1, 1, 2, 3])))
    if roll < 0.8:
        return digits(rng)
    return nonsense(rng)
