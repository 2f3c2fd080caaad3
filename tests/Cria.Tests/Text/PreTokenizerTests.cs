using System.Text;
using Cria.Text;

namespace Cria.Tests.Text;

/// <summary>How text is split into words, after the regular expressions that models are published with.</summary>
public sealed class PreTokenizerTests
{
    [Theory]
    [InlineData("gpt-2", "I'm  here, now1234!", "I|'m| | here|,| now|1234|!")]
    [InlineData("gpt-2", "a \n b  ", "a| \n| b|  ")]
    [InlineData("gpt-2", "WE'RE", "WE|'|RE")]
    [InlineData("llama-bpe", "WE'RE 1234567 x\r\n\r\n  y", "WE|'RE| |123|456|7| x|\r\n\r\n| | y")]
    [InlineData("llama-bpe", "a.b(c)!!\n\n", "a|.b|(c|)!!\n\n")]
    [InlineData("qwen2", "x12 y", "x|1|2| y")]
    [InlineData("qwen35", "e\u0301a \u0301b", "e\u0301a| \u0301b")]
    [InlineData("qwen2", "e\u0301a", "e|\u0301a")]
    [InlineData("gpt-4o", "camelCase XMLHttp don't", "camel|Case| XMLHttp| don't")]
    [InlineData("gpt-4o", "ABC ÄBC", "ABC| Ä|BC")]
    [InlineData("gpt-4o", "a //\n/b", "a| //\n/|b")]
    [InlineData("tekken", "don't 123", "don|'t| |1|2|3")]
    [InlineData("falcon", "a1234 (b)", "a|123|4| |(|b|)")]
    [InlineData("starcoder", "v12 x", "v|1|2| x")]
    [InlineData("deepseek-coder", "ab 12.\n中文x", "ab| |1|2|.|\n|中文|x")]
    [InlineData("deepseek-llm", "ab 12.  中文x  ", "ab| |12|.|  |中文|x|  ")]
    [InlineData("deepseek-v3", "x=12345 中文 !abc", "x|=|123|45| |中文| !|abc")]
    [InlineData("bloom", "ab c, d", "ab| c|,| d")]
    [InlineData("viking", "ab12", "ab|1|2")]
    [InlineData("superbpe", "ab 1234567 c", "ab |1|234|567| c")]
    [InlineData("tiny_aya", "1234567", "1|234|567")]
    [InlineData("kimi-k2", "中文abc'S12", "中文|abc'S|12")]
    [InlineData("youtu", "한국，中", "한국|，|中")]
    [InlineData("chameleon", "aIMGIMGABZb    \t", "a|IMGIMGABZ|b|    |\t")]
    [InlineData("jais-2", "a     b", "a|    | b")]
    [InlineData("exaone-moe", "ab cd 1/\n", "ab cd| |1|/\n")]
    [InlineData("bailingmoe", "a'LL", "a|'LL")]
    [InlineData("gemma4", "a b\n\nc", "a b|\n\n|c")]
    [InlineData("default", "a-b 1234", "a|-|b| |123|4")]
    public void Splits_text_as_the_model_learned_it(string name, string text, string words)
    {
        Assert.Equal(words, string.Join('|', Split(name, text)));
    }

    [Fact]
    public void Loses_nothing_whatever_the_text()
    {
        var random = new Random(1);
        foreach (string name in PreTokenizer.Names)
        {
            for (int round = 0; round < 20; round++)
            {
                string text = string.Concat(Enumerable.Range(0, random.Next(60)).Select(_ => "aZ9 \n'é中!\u0301/"[random.Next(11)]));
                Assert.Equal(text, string.Concat(Split(name, text)));
                Assert.DoesNotContain("", Split(name, text));
            }
        }
    }

    [Fact]
    public void A_long_run_of_anything_is_split_in_linear_time()
    {
        foreach (string name in PreTokenizer.Names.DistinctBy(PreTokenizer.Find))
        {
            foreach (string unit in (string[])[" ", "\n", "a", "A", "1", "'", "中", " \n", "\u0301", "IMGIMG", "<sentinel:1"])
            {
                string text = string.Concat(Enumerable.Repeat(unit, 10_000)) + "中x";
                Assert.Equal(text.Length, Split(name, text).Sum(word => word.Length));
            }
        }
    }

    private static List<string> Split(string name, string text)
    {
        var decoded = new CodePointText(Encoding.UTF8.GetBytes(text));
        var words = new List<string>();
        int start = 0;
        foreach (int end in PreTokenizer.Find(name)!.Split(decoded.Window))
        {
            words.Add(string.Concat(decoded.CodePoints[start..end].ToArray().Select(c => new Rune(c).ToString())));
            start = end;
        }
        return words;
    }
}
