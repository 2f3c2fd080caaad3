using Cria.Gguf;
using Cria.Runtime.Sampling;
using Cria.Text;

namespace Cria.Tests.Runtime.Sampling;

public class SequenceBreakersTests(TinyModelFile file) : IClassFixture<TinyModelFile>
{
    [Fact]
    public void A_breaker_is_found_in_every_token_that_holds_it()
    {
        using GgufFile opened = GgufFile.Open(file.Path);
        Tokenizer tokenizer = Tokenizer.FromFile(opened);
        SequenceBreakers breakers = SequenceBreakers.Find(["n", "\n"], tokenizer);

        foreach (string text in new[] { "n", "in", "an", "on", "<0x0A>", "<0x6E>" }) Assert.True(breakers.IsBreaker(tokenizer.Find(text)!.Value), text);
        foreach (string text in new[] { "e", "th", "<0x0B>" }) Assert.False(breakers.IsBreaker(tokenizer.Find(text)!.Value), text);
    }

    [Fact]
    public void A_breaker_may_begin_at_the_end_of_a_token_and_go_on_in_others()
    {
        using GgufFile opened = GgufFile.Open(file.Path);
        Tokenizer tokenizer = Tokenizer.FromFile(opened);
        SequenceBreakers breakers = SequenceBreakers.Find(["n!"], tokenizer);
        int head = tokenizer.Find("in")!.Value;
        int[] tail = tokenizer.Encode("!", addSpecial: false, parseSpecial: false);

        var window = new TokenWindow(10);
        foreach (int token in (int[])[5, head, .. tail, 6, 7]) window.Add(token);

        Assert.Equal(2, breakers.TokensSinceLast(window));
        Assert.False(breakers.IsBreaker(head));
    }
}
