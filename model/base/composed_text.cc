#include "model/base/composed_text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "model/base/utf8.h"

namespace advae {
namespace {

// A combining mark, and letters that each stand before what they become with it: the canonical
// compositions of Unicode 14.
struct Mark {
  uint32_t code_point;
  std::string_view letters;
};

constexpr Mark kMarks[] = {
    {0x0300,
     "AÀEÈIÌNǸOÒUÙWẀYỲaàeèiìnǹoòuùwẁyỳ¨῭ÂẦÊỀÔỒÜǛâầêềôồüǜĂẰăằĒḔēḕŌṐōṑƠỜơờƯỪưừΑᾺΕῈΗῊΙῚΟῸ"
     "ΥῪΩῺαὰεὲηὴιὶοὸυὺωὼϊῒϋῢЕЀИЍеѐиѝ"},
    {0x0301,
     "AÁCĆEÉGǴIÍKḰLĹMḾNŃOÓPṔRŔSŚUÚWẂYÝZŹaácćeégǵiíkḱlĺmḿnńoópṕrŕsśuúwẃyýzź¨΅ÂẤÅǺÆǼÇḈÊẾ"
     "ÏḮÔỐÕṌØǾÜǗâấåǻæǽçḉêếïḯôốõṍøǿüǘĂẮăắĒḖēḗŌṒōṓŨṸũṹƠỚơớƯỨưứΑΆΕΈΗΉΙΊΟΌΥΎΩΏαάεέηήιίοόυύ"
     "ωώϊΐϋΰϒϓГЃКЌгѓкќ"},
    {0x0302, "AÂCĈEÊGĜHĤIÎJĴOÔSŜUÛWŴYŶZẐaâcĉeêgĝhĥiîjĵoôsŝuûwŵyŷzẑẠẬạậẸỆẹệỌỘọộ"},
    {0x0303, "AÃEẼIĨNÑOÕUŨVṼYỸaãeẽiĩnñoõuũvṽyỹÂẪÊỄÔỖâẫêễôỗĂẴăẵƠỠơỡƯỮưữ"},
    {0x0304,
     "AĀEĒGḠIĪOŌUŪYȲaāeēgḡiīoōuūyȳÄǞÆǢÕȬÖȪÜǕäǟæǣõȭöȫüǖǪǬǫǭȦǠȧǡȮȰȯȱΑᾹΙῙΥῩαᾱιῑυῡИӢУӮиӣуӯ"
     "ḶḸḷḹṚṜṛṝ"},
    {0x0306, "AĂEĔGĞIĬOŎUŬaăeĕgğiĭoŏuŭȨḜȩḝΑᾸΙῘΥῨαᾰιῐυῠАӐЕӖЖӁИЙУЎаӑеӗжӂийуўẠẶạặ"},
    {0x0307,
     "AȦBḂCĊDḊEĖFḞGĠHḢIİMṀNṄOȮPṖRṘSṠTṪWẆXẊYẎZŻaȧbḃcċdḋeėfḟgġhḣmṁnṅoȯpṗrṙsṡtṫwẇxẋyẏzżŚṤ"
     "śṥŠṦšṧſẛṢṨṣṩ"},
    {0x0308,
     "AÄEËHḦIÏOÖUÜWẄXẌYŸaäeëhḧiïoötẗuüwẅxẍyÿÕṎõṏŪṺūṻΙΪΥΫιϊυϋϒϔІЇАӒЕЁЖӜЗӞИӤОӦУӰЧӴЫӸЭӬаӓ"
     "еёжӝзӟиӥоӧуӱчӵыӹэӭіїӘӚәӛӨӪөӫ"},
    {0x0309, "AẢEẺIỈOỎUỦYỶaảeẻiỉoỏuủyỷÂẨÊỂÔỔâẩêểôổĂẲăẳƠỞơởƯỬưử"},
    {0x030A, "AÅUŮaåuůwẘyẙ"},
    {0x030B, "OŐUŰoőuűУӲуӳ"},
    {0x030C, "AǍCČDĎEĚGǦHȞIǏKǨLĽNŇOǑRŘSŠTŤUǓZŽaǎcčdďeěgǧhȟiǐjǰkǩlľnňoǒrřsštťuǔzžÜǙüǚƷǮ"},
    {0x030F, "AȀEȄIȈOȌRȐUȔaȁeȅiȉoȍrȑuȕѴѶѵѷ"},
    {0x0311, "AȂEȆIȊOȎRȒUȖaȃeȇiȋoȏrȓuȗ"},
    {0x0313, "ΑἈΕἘΗἨΙἸΟὈΩὨαἀεἐηἠιἰοὀρῤυὐωὠ"},
    {0x0314, "ΑἉΕἙΗἩΙἹΟὉΡῬΥὙΩὩαἁεἑηἡιἱοὁρῥυὑωὡ"},
    {0x031B, "OƠUƯoơuư"},
    {0x0323,
     "AẠBḄDḌEẸHḤIỊKḲLḶMṂNṆOỌRṚSṢTṬUỤVṾWẈYỴZẒaạbḅdḍeẹhḥiịkḳlḷmṃnṇoọrṛsṣtṭuụvṿwẉyỵzẓƠỢơợ"
     "ƯỰưự"},
    {0x0324, "UṲuṳ"},
    {0x0325, "AḀaḁ"},
    {0x0326, "SȘTȚsștț"},
    {0x0327, "CÇDḐEȨGĢHḨKĶLĻNŅRŖSŞTŢcçdḑeȩgģhḩkķlļnņrŗsştţ"},
    {0x0328, "AĄEĘIĮOǪUŲaąeęiįoǫuų"},
    {0x032D, "DḒEḘLḼNṊTṰUṶdḓeḙlḽnṋtṱuṷ"},
    {0x032E, "HḪhḫ"},
    {0x0330, "EḚIḬUṴeḛiḭuṵ"},
    {0x0331, "BḆDḎKḴLḺNṈRṞTṮZẔbḇdḏhẖkḵlḻnṉrṟtṯzẕ"},
    {0x0342, "¨῁αᾶηῆιῖυῦωῶϊῗϋῧ"},
    {0x0345, "ΑᾼΗῌΩῼάᾴήῄαᾳηῃωῳώῴ"},
    {0x3099,
     "うゔかがきぎくぐけげこごさざしじすずせぜそぞただちぢつづてでとどはばひびふぶへべ"
     "ほぼゝゞウヴカガキギクグケゲコゴサザシジスズセゼソゾタダチヂツヅテデトドハバヒビ"
     "フブヘベホボワヷヰヸヱヹヲヺヽヾ"},
    {0x309A, "はぱひぴふぷへぺほぽハパヒピフプヘペホポ"},
};

std::string_view TakeCharacter(std::string_view& text) {
  const std::string_view character = text.substr(0, Utf8HeadOf(text).bytes);
  text.remove_prefix(character.size());
  return character;
}

// What `letter` becomes with a mark.
std::optional<std::string_view> Compose(std::string_view letter, uint32_t mark) {
  const Mark* const found = std::ranges::lower_bound(kMarks, mark, {}, &Mark::code_point);
  if (found == std::end(kMarks) || found->code_point != mark) return std::nullopt;
  for (std::string_view letters = found->letters; !letters.empty();) {
    const std::string_view known = TakeCharacter(letters);
    const std::string_view composed = TakeCharacter(letters);
    if (known == letter) return composed;
  }
  return std::nullopt;
}

}  // namespace

std::string Composed(std::string_view text) {
  std::string composed;
  size_t last = 0;  // where the last letter starts
  while (!text.empty()) {
    const uint32_t code_point = Utf8HeadOf(text).code_point;
    const std::string_view character = TakeCharacter(text);
    const std::string_view letter = std::string_view{composed}.substr(last);
    const std::optional<std::string_view> both = Compose(letter, code_point);
    if (both) {
      composed.erase(last).append(*both);
    } else {
      last = composed.size();
      composed += character;
    }
  }
  return composed;
}

}  // namespace advae
