"""Words of claims that ad policies regulate: health and healing, bodies, money without effort, and the reader's own troubles.

Google Ads: "Healthcare and medicines", "Misrepresentation" (unreliable claims); Meta: "Personal health and appearance", "Personal
attributes", "Unacceptable business practices". An ad may use such a word only if a line of the brief does: then a person answers for it.

A Latin stem is found where a word begins with it; an entry with spaces is found as it stands; Japanese is found anywhere.
"""

import re
from typing import Final

# fmt: off
_STEMS: Final = """
cancer tumour tumor diabet depress anxiety insomnia arthritis inflammat migrain eczema asthma alzheimer dementia autis menopaus obes
overweight slimming detox fatburn antiag anti-ag botox steroid viagra cannabi cbd casino gambl payday bankrupt miracle
heilt heilung heilsam geheilt krebs entzündung schlaflos abnehm schlank rückenschmerz gelenkschmerz kopfschmerz migräne bluthochdruck
wunderm wundermittel faltenfrei übergewicht verschuldet schuldenfrei
guéri soigne soignent soigner insomni anxiét dépress douleur maigri amincis minceur miracul endett surpoids arthros diabèt
cáncer adelgaz depresi ansiedad insomnio curamos curativ milagro dolores sobrepeso endeuda artritis inflamaci quemagrasa antiarrugas
emagre cancro câncer ansiedade insónia insônia milagre endivid dívida inflama artrite enxaqueca antirrugas
dimagri cancro tumore depressione ansia insonnia miracol indebitat sovrappeso guarisc
kanker depressie afvallen slapeloos wonderm overgewicht geneest genezing
schudn odchud cukrzyc depresj bezsenn nowotw leczy wyleczy nadwag cudown zadłuż
cancer depression sömnlös mirak övervikt botar läker skuldfri
""".split()
_WORDS: Final = """
cure cures cured curing heal heals healed healing curan curam guarit guarir
""".split()
_PHRASES: Final = """
lose weight; weight loss; lost weight; burn fat; belly fat; blood pressure; blood sugar; immune system; passive income; make money;
earn money; easy money; double your money; financial freedom; guaranteed returns; guaranteed income; get rich; risk-free; without
risk; in debt; debt free; out of debt; doctor recommended; recommended by doctors; doctors recommend; clinically proven;
scientifically proven; are you single; are you depressed; are you overweight; suffer from; suffering from; chronic pain; back pain;
no side effects; geld verdienen; passives einkommen; schnell reich; reich werden; garantierte rendite; hohe rendite; von ärzten
empfohlen; ärztlich empfohlen; klinisch getestet; klinisch bewiesen; wissenschaftlich bewiesen; ohne diät; ohne risiko; hilft gegen;
wirkt gegen; leiden sie; leidest du; kilo weniger; fett verbrennen; ohne nebenwirkungen; raus aus den schulden; gagner de l'argent;
gagnez de l'argent; revenus passifs; devenir riche; devenez riche; sans risque; sans régime; perdre du poids; perdez du poids; vous
souffrez; recommandé par les médecins; recommandée par les médecins; cliniquement prouvé; scientifiquement prouvé; rendement
garanti; mal de dos; brûle les graisses; ganar dinero; gana dinero; ingresos pasivos; hazte rico; sin riesgo; perder peso; pierde
peso; recomendado por médicos; recomendado por los médicos; clínicamente probado; rentabilidad garantizada; previene el; previene
la; presión arterial; sufres de; bajar de peso; quema grasa; ganhar dinheiro; ganha dinheiro; rendimento garantido; rendimento
passivo; renda extra; fica rico; sem risco; sem riscos; perder peso; perde peso; recomendado por médicos; clinicamente comprovado;
sofres de; sofre de; pressão arterial; dor nas costas; guadagnare soldi; guadagna soldi; reddito passivo; senza rischi; perdere
peso; perdi peso; consigliato dai medici; clinicamente testato; geld verdienen; passief inkomen; zonder risico; aanbevolen door
artsen; klinisch bewezen; bloeddruk; zarabiaj pieniądze; pasywny dochód; bez ryzyka; polecane przez lekarzy; klinicznie; ciśnienie
krwi; tjäna pengar; passiv inkomst; utan risk; rekommenderas av läkare; kliniskt; gå ner i vikt
"""
_JAPANESE: Final = """
痩せ やせる やせた ダイエット 脂肪燃焼 癌 治る 治り 治し 治療 完治 うつ病 鬱 認知症 糖尿病 高血圧 血圧 不眠 肩こり 腰痛
アレルギー アトピー 若返 アンチエイジング シミが消え しわが消え 美白効果 医師推奨 医師が推奨 医師も推奨 臨床試験
副作用なし 副作用がない 奇跡 儲かる 儲け 稼げる 稼ぐ 不労所得 元本保証 必ず増え 高利回り 借金 薄毛 発毛 病気が 症状 免疫
予防に 予防する デトックス
"""
# fmt: on
_BY_START: dict[str, tuple[str, ...]] = {}
for _stem in _STEMS:
    _BY_START[_stem[:3]] = (*_BY_START.get(_stem[:3], ()), _stem)
_SINGLE = frozenset(_WORDS)
_BY_FIRST: dict[str, tuple[str, ...]] = {}
for _phrase in " ".join(_PHRASES.split()).split("; "):
    _first = re.match(r"\w+", _phrase)
    if _first:
        _BY_FIRST[_first[0]] = (*_BY_FIRST.get(_first[0], ()), _phrase)
_BEGINNINGS = frozenset(word[:3] for words in (_BY_START, _SINGLE, _BY_FIRST) for word in words)
_ANYWHERE = re.compile("|".join([r"がん(?![ばこぜじ])", *map(re.escape, _JAPANESE.split())]))


def regulated_in(folded: str, tokens: list[str], *, japanese: bool) -> list[str]:
    """The regulated words of a folded line, in its order. tokens: its words; japanese: whether it has Japanese letters."""
    found: list[str] = []
    # Most lines have no word that even begins like one of these.
    for token in tokens if any(map(_BEGINNINGS.__contains__, [token[:3] for token in tokens])) else ():
        if token in _SINGLE:
            found.append(token)
        found += [token for stem in _BY_START.get(token[:3], ()) if token.startswith(stem)]
        found += [phrase for phrase in _BY_FIRST.get(token, ()) if phrase in folded]
    if japanese:
        found.extend(match[0] for match in _ANYWHERE.finditer(folded))
    return found
