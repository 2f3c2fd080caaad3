using System.Text;
using Cria.Text;
using TestModels;

namespace Cria.Tests.Text;

public sealed class StreamingDecoderTests
{
    private static readonly Tokenizer Bytes = TinyTokenizer.Open(TinyVocabulary.Pairs("gpt-2", step: 97));

    [Fact]
    public void Holds_back_a_character_until_all_its_bytes_have_come()
    {
        StreamingDecoder decoder = Bytes.CreateDecoder();
        string[] pieces = [.. Encoding.UTF8.GetBytes("aé🦙b").Select(b => decoder.Append(b))];
        Assert.Equal(["a", "", "é", "", "", "", "🦙", "b"], pieces);
        Assert.Equal("", decoder.Flush());
    }

    [Fact]
    public void Gives_the_rest_of_an_unfinished_character_at_the_end()
    {
        StreamingDecoder decoder = Bytes.CreateDecoder();
        Assert.Equal("", decoder.Append(0xF0));
        Assert.Equal("", decoder.Append(0x9F));
        Assert.Equal("\uFFFD", decoder.Flush());
        Assert.Equal("x", decoder.Append('x'));
    }

    [Fact]
    public void Gives_in_all_what_decoding_at_once_gives_and_never_half_a_character()
    {
        var random = new Random(3);
        for (int round = 0; round < 2000; round++)
        {
            int[] tokens = [.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => random.Next(4) == 0 ? random.Next(Bytes.Count - 4) : random.Next(0x80, 0x100))];
            StreamingDecoder decoder = Bytes.CreateDecoder();
            var text = new StringBuilder();
            foreach (int token in tokens)
            {
                string piece = decoder.Append(token);
                Assert.False(piece.Length > 0 && (char.IsLowSurrogate(piece[0]) || char.IsHighSurrogate(piece[^1])));
                text.Append(piece);
            }
            text.Append(decoder.Flush());
            Assert.Equal(Bytes.Decode(tokens), text.ToString());
        }
    }

    [Fact]
    public void Leaves_out_control_tokens_unless_asked_for()
    {
        int bos = Bytes.Bos!.Value;
        Assert.Equal("", Bytes.CreateDecoder().Append(bos));
        Assert.Equal("<|bos|>", Bytes.CreateDecoder(special: true).Append(bos));
    }
}
