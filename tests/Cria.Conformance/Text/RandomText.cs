using System.Text;

namespace Cria.Conformance.Text;

/// <summary>
/// Texts of all that tokenizers trip over: scripts, cases, digits, white space, marks, emoji, control characters, special tokens.
/// </summary>
internal sealed class RandomText(int seed)
{
    private static readonly string[] Words =
    [
        .. ("the Hello WORLD camelCase XMLHttpRequest don't I'M we'Ve they'LL he'd 'tis 'Re été straße ÉCOLE Привет мир ΑΒΓ αβγ IMGIMGABZ IMGIMGABCDEZ "
            + "<sentinel:12> <sentinel:> a/b // http://x.y?z=1 1234567 3.14159 1,000 ２３４ ٣٤٥٦ ⅷ ½ ² hello_world x=y+1; {}[]() <|endoftext|> <|im_end|> "
            + "<|eot_id|> <s> </s> <unk> [MASK] [CLS] <|bos|> <tool> <tool>x <table> <|x|> <0x0A> ▁ ▁▁ Ġ Ċ ＡＢｃ １２ ！： ‘q’ “z” … — 、。〈 ﹏ ︰ ㄅㄆ ㄱㄲ アイウ ｱｲ "
            + "あいう 漢字 繁體 龥 龦 한국어 ไทย ລາວ ខ្មែរ မြန် हिन्दी বাংলা తెలుగు עברית العربية ، । ۔ ǅ ʰ ª º ẞ İ ı ſ K Å ﬁ ﷺ 🦙 👩‍👧 🏳️‍🌈 🇩🇪 e\u0301 \u0301 \u20E3 Ⓐ ℵ ™ € $ ^ ` | ~ \"")
            .Split(' '),
    ];

    private const string Marks = "'.,!?;:-/\\_()[]{}<>|=+*&^%$#@~`\"";

    private static readonly string[] WhiteSpace =
        [" ", "  ", "   ", "\n", "\r\n", "\n\n", "\t", " \n", "\n ", " \n \n ", "\r", "\u00A0", "\u3000", "\u2028", "\u0085", "\u200B", "\v", "    "];

    private static readonly (int First, int Last)[] Blocks =
    [
        (0x20, 0x7E), (0x30, 0x39), (0, 0x1F), (0x7F, 0xFF), (0x100, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x600, 0x6FF), (0x900, 0xDFF),
        (0xE00, 0x109F), (0x1100, 0x11FF), (0x1780, 0x17FF), (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x2070, 0x218F), (0x2190, 0x2BFF),
        (0x2E80, 0x33FF), (0x3400, 0x9FFF), (0xA000, 0xABFF), (0xAC00, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x1FFFF), (0x20000, 0x2FA1F),
    ];

    private readonly Random _random = new(seed);

    /// <summary>A text of up to a few dozen pieces; without plain spaces if so wanted.</summary>
    public string Next(bool withSpaces = true)
    {
        var text = new StringBuilder();
        for (int pieces = _random.Next(1, _random.Next(4, 24)); pieces > 0; pieces--) text.Append(Piece());
        return withSpaces ? text.ToString() : text.Replace(' ', '_').ToString();
    }

    /// <summary>A text of which some bytes were lost or are strange.</summary>
    public byte[] NextDamaged()
    {
        List<byte> bytes = [.. Encoding.UTF8.GetBytes(Next())];
        for (int i = _random.Next(3); i > 0; i--)
        {
            if (_random.Next(2) == 0) bytes[_random.Next(bytes.Count)] = (byte)'x';
            else bytes.Insert(_random.Next(bytes.Count + 1), (byte)_random.Next(0x80, 0xC0));
        }
        return [.. bytes];
    }

    private string Piece()
    {
        string word = Words[_random.Next(Words.Length)];
        switch (_random.Next(10))
        {
            case < 3: return word;
            case < 6: return WhiteSpace[_random.Next(WhiteSpace.Length)];
            case 6: return word.ToUpperInvariant();
            case 7: return Repeat(Marks[_random.Next(Marks.Length)].ToString());
            case 8: return Repeat(((char)_random.Next('a', 'z' + 1)).ToString()) + _random.Next(10);
            default:
                (int first, int last) = Blocks[_random.Next(Blocks.Length)];
                return Repeat(new Rune(_random.Next(first, last + 1)).ToString());
        }
    }

    private string Repeat(string text) => string.Concat(Enumerable.Repeat(text, _random.Next(1, 6)));
}
