"""A small dictionary of things that people search for, in the ten languages: plain nouns, so that an ad in a language in which the brief
has no words can still be found by what it is about. A term is used only when the brief's product or offer names it in some language.
Rows that begin with * are too general to bid on alone; they are only used together with a name.
"""

import re

_LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "nl", "pl", "sv", "ja")
_ROWS = """
sourdough bread | sauerteigbrot | pain au levain | pan de masa madre | pão de fermentação natural |
    pane a lievitazione naturale | zuurdesembrood | chleb na zakwasie | surdegsbröd | サワードウブレッド
bakery | bäckerei | boulangerie | panadería | padaria | panetteria | bakkerij | piekarnia | bageri | パン屋
*online course | onlinekurs | cours en ligne | curso online | curso online |
    corso online | online cursus | kurs online | onlinekurs | オンライン講座
*training | schulung | formation | formación | formação | formazione | training | szkolenie | utbildning | トレーニング
*membership | mitgliedschaft | adhésion | membresía | assinatura | abbonamento | lidmaatschap | członkostwo | medlemskap | メンバーシップ
*subscription | abonnement | abonnement | suscripción | assinatura | abbonamento |
    abonnement | subskrypcja | prenumeration | サブスクリプション
free encyclopedia | freie enzyklopädie | encyclopédie libre | enciclopedia libre | enciclopédia livre |
    enciclopedia libera | vrije encyclopedie | wolna encyklopedia | fri encyklopedi | フリー百科事典
*donate | spenden | faire un don | donar | doar | donare | doneren | wesprzyj | donera | 寄付
english conversation app | englisch sprechen app | application conversation anglais | app de conversación en inglés |
    aplicação conversação inglês | app conversazione inglese | engels spreken app |
    aplikacja konwersacje angielski | engelsk konversation app | 英会話アプリ
language app | sprachlern app | application langues | app de idiomas | aplicação de línguas |
    app per lingue | taalapp | aplikacja językowa | språkapp | 語学アプリ
*coffee | kaffee | café | café | café | caffè | koffie | kawa | kaffe | コーヒー
*restaurant | restaurant | restaurant | restaurante | restaurante | ristorante | restaurant | restauracja | restaurang | レストラン
*hotel | hotel | hôtel | hotel | hotel | hotel | hotel | hotel | hotell | ホテル
*shoes | schuhe | chaussures | zapatos | sapatos | scarpe | schoenen | buty | skor | 靴
*bicycle | fahrrad | vélo | bicicleta | bicicleta | bicicletta | fiets | rower | cykel | 自転車
*insurance | versicherung | assurance | seguro | seguro | assicurazione | verzekering | ubezpieczenie | försäkring | 保険
*software | software | logiciel | software | software | software | software | oprogramowanie | programvara | ソフトウェア
*museum | museum | musée | museo | museu | museo | museum | muzeum | museum | 博物館
*books | bücher | livres | libros | livros | libri | boeken | książki | böcker | 本
*flowers | blumen | fleurs | flores | flores | fiori | bloemen | kwiaty | blommor | 花
*gym | fitnessstudio | salle de sport | gimnasio | ginásio | palestra | sportschool | siłownia | gym | ジム
*furniture | möbel | meubles | muebles | móveis | mobili | meubels | meble | möbler | 家具
*garden | garten | jardin | jardín | jardim | giardino | tuin | ogród | trädgård | 庭
*wine | wein | vin | vino | vinho | vino | wijn | wino | vin | ワイン
"""

_CELLS = [[cell.strip() for cell in row.split("|")] for row in _ROWS.replace("|\n    ", "| ").strip().splitlines()]
TERMS: dict[str, dict[str, str]] = {cells[0]: dict(zip(_LANGUAGES, (cells[0].strip("*"), *cells[1:]), strict=True)) for cells in _CELLS}


def terms_in(text: str) -> list[str]:
    """Keys of TERMS that a text names in any language, in the order of the dictionary."""
    lowered = text.lower()
    return [term for term, words in TERMS.items() if any(_names(word, lowered) for word in words.values())]


def _names(word: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None if not re.search(r"[\u3040-\u9fff]", word) else word in text
