using System.Globalization;

namespace Cria.Text;

/// <summary>The tokens <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>, which stand for single bytes.</summary>
internal static class ByteToken
{
    /// <summary>The byte that a token's text names, or null.</summary>
    public static byte? Parse(ReadOnlySpan<byte> text) =>
        text.Length == 6 && text.StartsWith("<0x"u8) && text[5] == '>'
            && byte.TryParse(text[3..5], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value) ? value : null;

    /// <summary>The token of each byte, or -1.</summary>
    public static int[] FindAll(Vocabulary vocabulary) =>
        [.. Enumerable.Range(0, 256).Select(value => vocabulary.Find($"<0x{value:X2}>"))];

    /// <summary>The token whose text is just the byte, of each byte, or -1.</summary>
    public static int[] FindAllPlain(Vocabulary vocabulary) =>
        [.. Enumerable.Range(0, 256).Select(value => vocabulary.Find([(byte)value]))];
}
