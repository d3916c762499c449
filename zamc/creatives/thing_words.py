"""What an offer lists, in a language in which the brief has no line: plain nouns out of a dictionary, never a sentence.

"Training, production files and films made with Blender, in one subscription" is "Training, Produktionsdateien und Filme im Abo" in an ad in
German. A line is said so only when all that it lists stands here; what qualifies a thing may be left out, unless it may be a condition.
Written for this project. Forms are those in which ads list things: plurals, and mass nouns as they are.
"""

import re

from zamc.creatives.phrases import PHRASES
from zamc.creatives.shorten_rules import limits

_LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "nl", "pl", "sv", "ja")
_THINGS = """
training | Training | formations | formación | formação | formazione | training | szkolenia | utbildning | トレーニング
courses | Kurse | cours | cursos | cursos | corsi | cursussen | kursy | kurser | 講座
online courses | Onlinekurse | cours en ligne | cursos online | cursos online | corsi online | online cursussen | kursy online |
    onlinekurser | オンライン講座
lessons | Unterricht | leçons | clases | aulas | lezioni | lessen | lekcje | lektioner | レッスン
workshops | Workshops | ateliers | talleres | workshops | workshop | workshops | warsztaty | workshoppar | ワークショップ
tutorials | Tutorials | tutoriels | tutoriales | tutoriais | tutorial | tutorials | poradniki | guider | チュートリアル
films | Filme | films | películas | filmes | film | films | filmy | filmer | 映画
videos | Videos | vidéos | vídeos | vídeos | video | video's | filmy wideo | videor | 動画
production files | Produktionsdateien | fichiers de production | archivos de producción | ficheiros de produção | file di produzione |
    productiebestanden | pliki produkcyjne | produktionsfiler | 制作ファイル
templates | Vorlagen | modèles | plantillas | modelos | modelli | sjablonen | szablony | mallar | テンプレート
software | Software | logiciels | software | software | software | software | oprogramowanie | programvara | ソフトウェア
books | Bücher | livres | libros | livros | libri | boeken | książki | böcker | 本
music | Musik | musique | música | música | musica | muziek | muzyka | musik | 音楽
games | Spiele | jeux | juegos | jogos | giochi | spellen | gry | spel | ゲーム
toys | Spielzeug | jouets | juguetes | brinquedos | giocattoli | speelgoed | zabawki | leksaker | おもちゃ
recipes | Rezepte | recettes | recetas | receitas | ricette | recepten | przepisy | recept | レシピ
coffee | Kaffee | café | café | café | caffè | koffie | kawa | kaffe | コーヒー
tea | Tee | thé | té | chá | tè | thee | herbata | te | お茶
bread | Brot | pain | pan | pão | pane | brood | chleb | bröd | パン
cheese | Käse | fromage | queso | queijo | formaggio | kaas | ser | ost | チーズ
wine | Wein | vin | vino | vinho | vino | wijn | wino | vin | ワイン
flowers | Blumen | fleurs | flores | flores | fiori | bloemen | kwiaty | blommor | 花
plants | Pflanzen | plantes | plantas | plantas | piante | planten | rośliny | växter | 植物
furniture | Möbel | meubles | muebles | móveis | mobili | meubels | meble | möbler | 家具
clothes | Kleidung | vêtements | ropa | roupa | abbigliamento | kleding | odzież | kläder | 服
shoes | Schuhe | chaussures | zapatos | sapatos | scarpe | schoenen | buty | skor | 靴
bicycles | Fahrräder | vélos | bicicletas | bicicletas | biciclette | fietsen | rowery | cyklar | 自転車
tickets | Tickets | billets | entradas | bilhetes | biglietti | tickets | bilety | biljetter | チケット
guided tours | Führungen | visites guidées | visitas guiadas | visitas guiadas | visite guidate | rondleidingen |
    wycieczki z przewodnikiem | guidade turer | ガイドツアー
"""
# How all of it is sold; stands at the end of a list.
_SOLD = """
in one subscription | im Abo | sur abonnement | por suscripción | por assinatura | in abbonamento | in één abonnement | w abonamencie |
    i ett abonnemang | サブスクリプション
"""
# A product that is a name and one of these.
_PRODUCTS = """
{name} membership | Mitgliedschaft bei {name} | Adhésion à {name} | Membresía de {name} | Adesão a {name} | Iscrizione a {name} |
    Lidmaatschap van {name} | {name}: członkostwo | Medlemskap i {name} | {name}のメンバーシップ
{name} subscription | Abonnement von {name} | Abonnement à {name} | Suscripción a {name} | Assinatura de {name} | Abbonamento a {name} |
    Abonnement op {name} | {name}: subskrypcja | Prenumeration på {name} | {name}のサブスクリプション
"""
_SOLD_IN_ENGLISH = re.compile(r"(?:in|with|by|on) (?:one |a |your )?subscription", re.IGNORECASE)

Row = dict[str, str]


def _rows(table: str) -> tuple[Row, ...]:
    lines = re.sub(r"\|\n\s+", "| ", table.strip()).splitlines()
    return tuple(dict(zip(_LANGUAGES, (cell.strip() for cell in line.split("|")), strict=True)) for line in lines)


THINGS, SOLD, PRODUCTS = _rows(_THINGS), _rows(_SOLD)[0], _rows(_PRODUCTS)


def listed(line: str, written: str, wanted: str) -> str | None:
    """The things that a line lists, in another language; None where it lists something else too, or says more than a list may."""
    word = PHRASES[written].conjunction
    parts = [part.strip() for part in re.split(rf",\s+(?:{word}\s+)?|\s+(?:{word}|&)\s+|、|と", line) if part.strip()]
    sold = bool(parts) and _is_sold(parts[-1], written)
    named = [_thing(part, written) for part in (parts[:-1] if sold else parts)]
    things = [row[wanted] for row in named if row is not None]
    if not things or len(things) < len(named) or len(set(things)) < len(things):
        return None
    ending = SOLD[wanted] if sold else ""
    if wanted == "ja":
        return f"{'、'.join(things)}の{ending}" if ending else "、".join(things)
    *first, last = things
    together = f"{', '.join(first)} {PHRASES[wanted].conjunction} {last}" if first else last
    said = f"{together} {ending}".strip()
    return said[:1].upper() + said[1:]


def product_of(product: str, name: str, written: str, wanted: str) -> str | None:
    """A product such as "Blender Studio membership" in another language; None where it is none of these."""
    for row in PRODUCTS:
        if product.casefold() == row[written].replace("{name}", name).casefold():
            return row[wanted].replace("{name}", name)
    return None


def _is_sold(part: str, written: str) -> bool:
    return (written == "en" and _SOLD_IN_ENGLISH.fullmatch(part) is not None) or part.casefold() == SOLD[written].casefold()


def _thing(part: str, written: str) -> Row | None:
    """The longest thing that a part of a list begins with, unless what follows may limit it."""
    folded = part.casefold()
    found = [row for row in THINGS if folded == row[written].casefold() or folded.startswith(f"{row[written].casefold()} ")]
    if not found:
        return None
    row = max(found, key=lambda each: len(each[written]))
    rest = part[len(row[written]) :].strip()
    return None if rest and limits(rest) else row
