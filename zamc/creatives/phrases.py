"""Phrases of ads that state nothing: calls to action and frames around a name, in the ten languages of copy.

Written for this project, by language: imperative or infinitive as ads of that language use it, and address that suits strangers (an
infinitive where formal and informal address would clash). `{name}` is a brand or product name and stays as it is, so no frame needs it
inflected. Widths matter: `call` fits 30 columns, the frames around a short name do too.
"""

from dataclasses import dataclass
from typing import Literal

Action = Literal["donate", "order", "join", "subscribe", "book", "download", "sign_up", "shop", "learn_more"]


@dataclass(frozen=True)
class Phrases:
    """One language. calls: short call per action; named: the same with {name}; short: a call of at most 15 columns that fits any goal;
    `end` closes a sentence, `glue` stands between two."""

    calls: dict[Action, str]
    named: dict[Action, str]
    discover: str
    about: str
    website: str
    more: str
    details: str
    conjunction: str
    short: str
    end: str = "."
    glue: str = " "


PHRASES: dict[str, Phrases] = {
    "en": Phrases(
        calls={
            "donate": "Donate now", "order": "Order now", "join": "Become a member", "subscribe": "Subscribe now", "book": "Book now",
            "download": "Download now", "sign_up": "Sign up now", "shop": "Shop now", "learn_more": "Learn more",
        },
        named={
            "donate": "Donate to {name}", "order": "Order from {name}", "join": "Join {name}", "subscribe": "Subscribe to {name}",
            "book": "Book with {name}", "download": "Download {name}", "sign_up": "Sign up for {name}", "shop": "Shop at {name}",
            "learn_more": "Get to know {name}",
        },
        discover="Discover {name}", about="More about {name}", website="See the {name} website",
        more="Find out more on the website", details="See the details on the website", conjunction="and", short="Learn more",
    ),
    "de": Phrases(
        calls={
            "donate": "Jetzt spenden", "order": "Jetzt bestellen", "join": "Jetzt Mitglied werden", "subscribe": "Jetzt abonnieren",
            "book": "Jetzt buchen", "download": "Jetzt herunterladen", "sign_up": "Jetzt anmelden", "shop": "Jetzt einkaufen",
            "learn_more": "Mehr erfahren",
        },
        named={
            "donate": "Für {name} spenden", "order": "Bei {name} bestellen", "join": "Mitglied bei {name} werden",
            "subscribe": "{name} abonnieren", "book": "Bei {name} buchen", "download": "{name} herunterladen",
            "sign_up": "Bei {name} anmelden", "shop": "Bei {name} einkaufen", "learn_more": "{name} kennenlernen",
        },
        discover="{name} entdecken", about="Mehr über {name}", website="Zur Website von {name}",
        more="Mehr dazu auf der Website", details="Details auf der Website ansehen", conjunction="und", short="Mehr erfahren",
    ),
    "fr": Phrases(
        calls={
            "donate": "Faire un don", "order": "Commander maintenant", "join": "Devenir membre", "subscribe": "S'abonner maintenant",
            "book": "Réserver maintenant", "download": "Télécharger maintenant", "sign_up": "S'inscrire maintenant",
            "shop": "Acheter maintenant", "learn_more": "En savoir plus",
        },
        named={
            "donate": "Faire un don à {name}", "order": "Commander chez {name}", "join": "Rejoindre {name}",
            "subscribe": "S'abonner à {name}", "book": "Réserver chez {name}", "download": "Télécharger {name}",
            "sign_up": "S'inscrire à {name}", "shop": "Acheter chez {name}", "learn_more": "Faire connaissance avec {name}",
        },
        discover="Découvrir {name}", about="En savoir plus sur {name}", website="Voir le site de {name}",
        more="Plus d'informations sur le site", details="Voir les détails sur le site", conjunction="et", short="En savoir plus",
    ),
    "es": Phrases(
        calls={
            "donate": "Donar ahora", "order": "Pedir ahora", "join": "Hacerse miembro", "subscribe": "Suscribirse ahora",
            "book": "Reservar ahora", "download": "Descargar ahora", "sign_up": "Registrarse ahora", "shop": "Comprar ahora",
            "learn_more": "Más información",
        },
        named={
            "donate": "Donar a {name}", "order": "Pedir en {name}", "join": "Unirse a {name}", "subscribe": "Suscribirse a {name}",
            "book": "Reservar en {name}", "download": "Descargar {name}", "sign_up": "Registrarse en {name}", "shop": "Comprar en {name}",
            "learn_more": "Conocer {name}",
        },
        discover="Descubrir {name}", about="Más sobre {name}", website="Ver el sitio de {name}",
        more="Más información en el sitio web", details="Ver los detalles en el sitio web", conjunction="y", short="Saber más",
    ),
    "pt": Phrases(
        calls={
            "donate": "Doar agora", "order": "Encomendar agora", "join": "Tornar-se membro", "subscribe": "Subscrever agora",
            "book": "Reservar agora", "download": "Descarregar agora", "sign_up": "Inscrever-se agora", "shop": "Comprar agora",
            "learn_more": "Saber mais",
        },
        named={
            "donate": "Doar a {name}", "order": "Encomendar em {name}", "join": "Juntar-se a {name}", "subscribe": "Subscrever {name}",
            "book": "Reservar em {name}", "download": "Descarregar {name}", "sign_up": "Inscrever-se em {name}",
            "shop": "Comprar em {name}", "learn_more": "Conhecer {name}",
        },
        discover="Descobrir {name}", about="Mais sobre {name}", website="Ver o site de {name}",
        more="Mais informações no site", details="Ver os detalhes no site", conjunction="e", short="Saber mais",
    ),
    "it": Phrases(
        calls={
            "donate": "Dona ora", "order": "Ordina ora", "join": "Diventa membro", "subscribe": "Abbonati ora", "book": "Prenota ora",
            "download": "Scarica ora", "sign_up": "Iscriviti ora", "shop": "Acquista ora", "learn_more": "Scopri di più",
        },
        named={
            "donate": "Dona a {name}", "order": "Ordina da {name}", "join": "Unisciti a {name}", "subscribe": "Abbonati a {name}",
            "book": "Prenota con {name}", "download": "Scarica {name}", "sign_up": "Iscriviti a {name}", "shop": "Acquista da {name}",
            "learn_more": "Conosci {name}",
        },
        discover="Scopri {name}", about="Di più su {name}", website="Visita il sito di {name}",
        more="Maggiori informazioni sul sito", details="Vedi i dettagli sul sito", conjunction="e", short="Scopri di più",
    ),
    "nl": Phrases(
        calls={
            "donate": "Nu doneren", "order": "Nu bestellen", "join": "Lid worden", "subscribe": "Nu abonneren", "book": "Nu boeken",
            "download": "Nu downloaden", "sign_up": "Nu aanmelden", "shop": "Nu kopen", "learn_more": "Meer informatie",
        },
        named={
            "donate": "Doneren aan {name}", "order": "Bestellen bij {name}", "join": "Lid worden van {name}",
            "subscribe": "Abonneren op {name}", "book": "Boeken bij {name}", "download": "{name} downloaden",
            "sign_up": "Aanmelden bij {name}", "shop": "Kopen bij {name}", "learn_more": "Maak kennis met {name}",
        },
        discover="Ontdek {name}", about="Meer over {name}", website="Naar de website van {name}",
        more="Meer informatie op de website", details="Bekijk de details op de website", conjunction="en", short="Meer weten",
    ),
    # A Polish name would have to be inflected inside a sentence; after a colon, or after the word for brand, it is not.
    "pl": Phrases(
        calls={
            "donate": "Wesprzyj teraz", "order": "Zamów teraz", "join": "Dołącz teraz", "subscribe": "Subskrybuj teraz",
            "book": "Zarezerwuj teraz", "download": "Pobierz teraz", "sign_up": "Zapisz się teraz", "shop": "Kup teraz",
            "learn_more": "Dowiedz się więcej",
        },
        named={
            "donate": "{name}: wesprzyj teraz", "order": "{name}: zamów teraz", "join": "{name}: dołącz teraz",
            "subscribe": "{name}: subskrybuj teraz", "book": "{name}: zarezerwuj teraz", "download": "{name}: pobierz teraz",
            "sign_up": "{name}: zapisz się teraz", "shop": "{name}: kup teraz", "learn_more": "{name}: dowiedz się więcej",
        },
        discover="Odkryj markę {name}", about="Więcej o marce {name}", website="Zobacz stronę marki {name}",
        more="Więcej informacji na stronie", details="Zobacz szczegóły na stronie", conjunction="i", short="Zobacz więcej",
    ),
    "sv": Phrases(
        calls={
            "donate": "Skänk nu", "order": "Beställ nu", "join": "Bli medlem", "subscribe": "Prenumerera nu", "book": "Boka nu",
            "download": "Ladda ner nu", "sign_up": "Anmäl dig nu", "shop": "Handla nu", "learn_more": "Läs mer",
        },
        named={
            "donate": "Skänk till {name}", "order": "Beställ från {name}", "join": "Bli medlem i {name}",
            "subscribe": "Prenumerera på {name}", "book": "Boka hos {name}", "download": "Ladda ner {name}",
            "sign_up": "Anmäl dig till {name}", "shop": "Handla hos {name}", "learn_more": "Lär känna {name}",
        },
        discover="Upptäck {name}", about="Mer om {name}", website="Till webbplatsen för {name}",
        more="Mer information på webbplatsen", details="Se detaljerna på webbplatsen", conjunction="och", short="Läs mer",
    ),
    "ja": Phrases(
        calls={
            "donate": "今すぐ寄付する", "order": "今すぐ注文", "join": "会員登録はこちら", "subscribe": "今すぐ購読する",
            "book": "今すぐ予約",
            "download": "今すぐダウンロード", "sign_up": "今すぐ登録", "shop": "今すぐ購入", "learn_more": "詳しくはこちら",
        },
        named={
            "donate": "{name}に寄付する", "order": "{name}で注文する", "join": "{name}の会員になる", "subscribe": "{name}を購読する",
            "book": "{name}で予約する", "download": "{name}をダウンロード", "sign_up": "{name}に登録する", "shop": "{name}で購入する",
            "learn_more": "{name}を知る",
        },
        discover="{name}をチェック", about="{name}について", website="{name}のサイトを見る",
        more="詳しくはウェブサイトをご覧ください", details="詳細はウェブサイトで確認できます", conjunction="、",
        short="詳しくはこちら", end="。", glue="",
    ),
}  # fmt: skip

# Meta's button for each action (AdCreativeLinkDataCallToAction types).
META_BUTTONS: dict[Action, str] = {
    "donate": "DONATE_NOW", "order": "ORDER_NOW", "join": "SIGN_UP", "subscribe": "SUBSCRIBE", "book": "BOOK_NOW",
    "download": "DOWNLOAD", "sign_up": "SIGN_UP", "shop": "SHOP_NOW", "learn_more": "LEARN_MORE",
}  # fmt: skip
