using Cria.Models;
using TestModels;

namespace Cria.Tests.Models;

public sealed class NetworkTests
{
    [Fact]
    public void A_prompt_in_slices_gives_what_it_gives_at_once()
    {
        using var tiny = new TinyNetwork();
        int[] prompt = TinyNetwork.Tokens(50);
        using KvSequence whole = tiny.Network.NewSequence(), sliced = tiny.Network.NewSequence();
        AssertSame(tiny.Run(whole, prompt), tiny.Run(sliced, prompt, slice: 7));
        Assert.Equal(50, sliced.Length);
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("gemma3")]
    [InlineData("gpt-oss")]
    public void Sequences_in_one_batch_give_what_each_gives_alone(string architecture)
    {
        using var tiny = new TinyNetwork(architecture: architecture);
        Network network = tiny.Network;
        int[][] prompts = [TinyNetwork.Tokens(20, 1), TinyNetwork.Tokens(3, 2), TinyNetwork.Tokens(31, 3)];
        float[][] alone = [.. prompts.Select(prompt =>
        {
            using KvSequence sequence = network.NewSequence();
            return tiny.Run(sequence, prompt);
        })];

        using KvSequence first = network.NewSequence(), second = network.NewSequence(), third = network.NewSequence();
        tiny.Run(third, prompts[2].AsSpan(0, 21));
        using var batch = new Batch(64);
        batch.Add(first, prompts[0], LogitsOf.Last);
        batch.Add(second, prompts[1], LogitsOf.All);
        batch.Add(third, prompts[2].AsSpan(21), LogitsOf.Last);
        network.Forward(batch, CancellationToken.None);
        Assert.Equal(5, batch.LogitsCount);
        AssertSame(alone[0], batch.Logits(0));
        AssertSame(alone[1], batch.Logits(3));
        AssertSame(alone[2], batch.Logits(4));
    }

    [Fact]
    public void Logits_of_all_tokens_are_those_of_each_as_the_last()
    {
        using var tiny = new TinyNetwork();
        int[] prompt = TinyNetwork.Tokens(12);
        using KvSequence together = tiny.Network.NewSequence(), single = tiny.Network.NewSequence();
        using var batch = new Batch(12);
        batch.Add(together, prompt, LogitsOf.All);
        tiny.Network.Forward(batch, CancellationToken.None);
        for (int i = 0; i < prompt.Length; i++) AssertSame(tiny.Run(single, prompt.AsSpan(i, 1)), batch.Logits(i));
    }

    [Fact]
    public void A_truncated_sequence_continues_as_if_the_rest_had_never_been()
    {
        using var tiny = new TinyNetwork();
        int[] prompt = TinyNetwork.Tokens(40);
        using KvSequence straight = tiny.Network.NewSequence(), truncated = tiny.Network.NewSequence();
        tiny.Run(truncated, [.. prompt[..25], .. TinyNetwork.Tokens(60, salt: 5)]);
        truncated.Truncate(25);
        Assert.Equal(tiny.Run(straight, prompt), tiny.Run(truncated, prompt.AsSpan(25)));
    }

    [Fact]
    public void Cache_pages_come_with_use_and_are_used_again()
    {
        using var tiny = new TinyNetwork();
        KvCache cache = tiny.Network.Cache;
        KvSequence first = tiny.Network.NewSequence();
        Assert.Equal(0, cache.PagesInUse);
        tiny.Run(first, TinyNetwork.Tokens(130));
        Assert.Equal(3, cache.PagesInUse);
        first.Truncate(64);
        Assert.Equal(1, cache.PagesInUse);
        using KvSequence second = tiny.Network.NewSequence();
        tiny.Run(second, TinyNetwork.Tokens(65));
        Assert.Equal(3, cache.PagesInUse);
        first.Dispose();
        first.Dispose();
        Assert.Equal(2, cache.PagesInUse);
        Assert.Equal([1, 2], second.Pages[..2].Order());
    }

    [Fact]
    public void Cancelling_leaves_the_sequences_as_they_were()
    {
        using var tiny = new TinyNetwork();
        int[] prompt = TinyNetwork.Tokens(40);
        using KvSequence undisturbed = tiny.Network.NewSequence(), cancelled = tiny.Network.NewSequence();
        tiny.Run(cancelled, prompt.AsSpan(0, 30));
        using var batch = new Batch(64);
        batch.Add(cancelled, TinyNetwork.Tokens(60, salt: 9), LogitsOf.Last);
        Assert.ThrowsAny<OperationCanceledException>(() => tiny.Network.Forward(batch, new CancellationToken(canceled: true)));
        Assert.Equal((30, 1), (cancelled.Length, tiny.Network.Cache.PagesInUse));
        Assert.Equal(tiny.Run(undisturbed, prompt), tiny.Run(cancelled, prompt.AsSpan(30)));
    }

    [Fact]
    public async Task Cancelling_halfway_leaves_the_sequences_as_they_were()
    {
        using var tiny = new TinyNetwork();
        int[] prompt = TinyNetwork.Tokens(40);
        using KvSequence undisturbed = tiny.Network.NewSequence(), cancelled = tiny.Network.NewSequence();
        float[] expected = tiny.Run(undisturbed, prompt);
        tiny.Run(cancelled, prompt.AsSpan(0, 30));
        using var batch = new Batch(64);
        batch.Add(cancelled, TinyNetwork.Tokens(60, salt: 9), LogitsOf.All);

        // Cancels as soon as the pass has taken its pages; should it end all the same before that is noticed, it goes again.
        for (bool wasCancelled = false; !wasCancelled;)
        {
            using var source = new CancellationTokenSource();
            Task pass = Task.Run(() => tiny.Network.Forward(batch, source.Token));
            SpinWait.SpinUntil(() => pass.IsCompleted || tiny.Network.Cache.PagesInUse > 2);
            source.Cancel();
            wasCancelled = await Record.ExceptionAsync(() => pass) is OperationCanceledException;
            if (!wasCancelled) cancelled.Truncate(30);
        }

        Assert.Equal((30, 2), (cancelled.Length, tiny.Network.Cache.PagesInUse));
        AssertSame(expected, tiny.Run(cancelled, prompt.AsSpan(30)));
    }

    [Fact]
    public void A_batch_that_is_refused_changes_nothing()
    {
        using var tiny = new TinyNetwork(new NetworkOptions { Threads = 1, MaxBatch = 64, ContextLength = 100 });
        using KvSequence sequence = tiny.Network.NewSequence(), other = tiny.Network.NewSequence();
        tiny.Run(sequence, TinyNetwork.Tokens(60));
        using var batch = new Batch(64);
        batch.Add(other, TinyNetwork.Tokens(5), LogitsOf.Last);
        batch.Add(sequence, TinyNetwork.Tokens(41), LogitsOf.Last);
        var full = Assert.Throws<ContextFullException>(() => tiny.Network.Forward(batch, CancellationToken.None));
        Assert.Equal((101, 100), (full.Needed, full.Available));
        Assert.Equal((60, 0, 1), (sequence.Length, other.Length, tiny.Network.Cache.PagesInUse));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(307)]
    [InlineData(int.MaxValue)]
    public void Refuses_tokens_that_the_model_does_not_have(int token)
    {
        using var tiny = new TinyNetwork();
        using KvSequence sequence = tiny.Network.NewSequence();
        using var batch = new Batch(2);
        batch.Add(sequence, [5, token], LogitsOf.Last);
        var error = Assert.Throws<InvalidOptionException>(() => tiny.Network.Forward(batch, CancellationToken.None));
        Assert.Contains("between 0 and 306", error.Message);
    }

    [Fact]
    public void Refuses_batches_that_make_no_sense()
    {
        using var tiny = new TinyNetwork(new NetworkOptions { Threads = 1, MaxBatch = 8 });
        using var other = new TinyNetwork();
        using KvSequence sequence = tiny.Network.NewSequence(), foreign = other.Network.NewSequence();
        using var batch = new Batch(16);
        Assert.Throws<ArgumentException>(() => tiny.Network.Forward(batch, CancellationToken.None));
        Assert.Throws<ArgumentException>(() => batch.Add(sequence, [], LogitsOf.Last));
        Assert.Throws<ArgumentException>(() => batch.Add(sequence, new int[17], LogitsOf.Last));
        batch.Add(sequence, new int[9], LogitsOf.Last);
        Assert.Throws<ArgumentException>(() => batch.Add(sequence, [1], LogitsOf.Last));
        Assert.Throws<ArgumentException>(() => tiny.Network.Forward(batch, CancellationToken.None));
        Assert.Throws<InvalidOperationException>(() => { batch.Logits(0); });
        batch.Clear();
        batch.Add(foreign, [1], LogitsOf.Last);
        Assert.Throws<ArgumentException>(() => tiny.Network.Forward(batch, CancellationToken.None));
    }

    [Fact]
    public void Where_tokens_see_what_follows_a_text_goes_in_one_run_of_any_length_and_has_no_next_token()
    {
        using var tiny = new TinyNetwork(new NetworkOptions { Threads = 1, MaxBatch = 8 }, variants: TinyVariants.NonCausal);
        using KvSequence sequence = tiny.Network.NewSequence();
        using Batch batch = new(100, BatchOutput.Embeddings), logits = new(100);
        batch.Add(sequence, TinyNetwork.Tokens(100), LogitsOf.First);
        tiny.Network.Forward(batch, CancellationToken.None);
        Assert.Equal(tiny.Network.Shape.EmbeddingLength, batch.Result(0).Length);
        batch.Clear();
        batch.Add(sequence, [1], LogitsOf.Last);
        Assert.Throws<ArgumentException>(() => tiny.Network.Forward(batch, CancellationToken.None));
        logits.Add(tiny.Network.NewSequence(), [1], LogitsOf.Last);
        Assert.Throws<UnsupportedTaskException>(() => tiny.Network.Forward(logits, CancellationToken.None));
    }

    [Fact]
    public void Refuses_use_after_disposal()
    {
        using var tiny = new TinyNetwork();
        KvSequence sequence = tiny.Network.NewSequence();
        using var batch = new Batch(4);
        batch.Add(sequence, [1, 2], LogitsOf.Last);
        sequence.Dispose();
        Assert.Throws<ObjectDisposedException>(() => tiny.Network.Forward(batch, CancellationToken.None));
        Assert.Throws<ObjectDisposedException>(() => sequence.Truncate(0));
        tiny.Network.Dispose();
        tiny.Network.Dispose();
        Assert.Throws<ObjectDisposedException>(() => tiny.Network.NewSequence());
        Assert.Throws<ObjectDisposedException>(() => tiny.Network.Forward(batch, CancellationToken.None));
    }

    [Fact]
    public void States_its_shape_and_takes_the_trained_context()
    {
        using var tiny = new TinyNetwork(architecture: "qwen3");
        NetworkShape shape = tiny.Network.Shape;
        Assert.Equal(("qwen3", 307, 96, 4), (shape.Architecture, shape.VocabularySize, shape.EmbeddingLength, shape.Layers));
        Assert.Equal((6, 2, 24, 24), (shape.Heads, shape.KeyValueHeads, shape.KeyLength, shape.ValueLength));
        Assert.Equal(TinyModel.TrainedContext, tiny.Network.ContextLength);
        Assert.Equal(1000L * 4 * 2 * 2 * 24 * 2, shape.CacheBytes(1000));
    }

    private static void AssertSame(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual) =>
        Assert.Equal(expected.ToArray(), actual.ToArray());
}
