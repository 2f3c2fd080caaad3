using System.Text;
using Cria.Text;

namespace Cria.Tests.Text;

public sealed class CodePointTests
{
    // Counted in Unicode 15.1's own tables; a runtime that knows later characters must not change how text is split.
    [Theory]
    [InlineData(nameof(CharKind.Letter), 136_726)]
    [InlineData(nameof(CharKind.Number), 1_831)]
    [InlineData(nameof(CharKind.Mark), 2_450)]
    [InlineData(nameof(CharKind.Punctuation), 842)]
    [InlineData(nameof(CharKind.Symbol), 7_775)]
    [InlineData(nameof(CharKind.Control), 139_751)]
    [InlineData(nameof(CharKind.Space), 25)]
    public void Knows_the_characters_of_Unicode_15(string kind, int count)
    {
        Assert.Equal(count, Enumerable.Range(0, CodePoint.Limit).Count(c => CodePoint.Kind(c).HasFlag(Enum.Parse<CharKind>(kind))));
    }

    [Theory]
    [InlineData("É", "E")]
    [InlineData("ñ", "n")]
    [InlineData("ệ", "e")]
    [InlineData("각", "ᄀ")]
    [InlineData("\uF900", "\u8C48")]
    [InlineData("\U0001D15E", "\U0001D157")]
    [InlineData("ß", "ß")]
    [InlineData("a", "a")]
    public void Takes_accents_off(string character, string bare)
    {
        Assert.Equal(Rune.GetRuneAt(bare, 0).Value, CodePoint.WithoutAccents(Rune.GetRuneAt(character, 0).Value));
    }

    [Theory]
    [InlineData("É", "é")]
    [InlineData("İ", "i")]
    [InlineData("Σ", "σ")]
    [InlineData("ẞ", "ß")]
    [InlineData("中", "中")]
    public void Lowers_case(string character, string lower)
    {
        Assert.Equal(Rune.GetRuneAt(lower, 0).Value, CodePoint.ToLower(Rune.GetRuneAt(character, 0).Value));
    }

    [Fact]
    public void Reads_back_what_it_writes()
    {
        Span<byte> utf8 = stackalloc byte[4];
        for (int c = 0; c < CodePoint.Limit; c += 7)
        {
            int length = CodePoint.Encode(c, utf8);
            Assert.Equal(c, CodePoint.Decode(utf8[..length], out int read));
            Assert.Equal(length, read);
        }
    }
}
