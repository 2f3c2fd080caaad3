using Cria.Gguf;
using Cria.Models;
using TestModels;

namespace Cria.Tests.Models.Adapters;

/// <summary>Sequences that go through adapters, alone and among others. That the logits are right is tested against llama.cpp.</summary>
public sealed class AdapterTests
{
    private static readonly int[] s_tokens = TinyNetwork.Tokens(30);

    [Theory]
    [InlineData("llama", TinyVariants.None)]
    [InlineData("llama", TinyVariants.Experts)]
    [InlineData("phi3", TinyVariants.None)]
    [InlineData("gemma3", TinyVariants.TiedOutput)]
    public void Sequences_in_one_batch_give_what_each_gives_alone(string architecture, TinyVariants variants)
    {
        using var fixture = new AdapterFixture(architecture, variants);
        Network network = fixture.Network;
        using LoraAdapter a = fixture.Load(seed: 1), b = fixture.Load(seed: 2, rank: 9);
        ScaledAdapter[][] sets = [[], [new(a)], [new(b, 0.5f), new(a, -0.3f)], [], [new(a, 0.7f)]];
        int[][] prompts = [.. sets.Select((_, i) => TinyNetwork.Tokens(3 + 5 * i, i))];
        float[][] alone = [.. sets.Select((set, i) => fixture.Logits(prompts[i], set))];

        KvSequence[] sequences = [.. sets.Select(set => network.NewSequence(set))];
        using var batch = new Batch(64);
        // The last token goes through in a batch of its own, so that rows change places between passes.
        for (int i = 0; i < sets.Length; i++) batch.Add(sequences[i], prompts[i].AsSpan(..^1), i % 2 == 0 ? LogitsOf.All : LogitsOf.None);
        network.Forward(batch, CancellationToken.None);
        batch.Clear();
        for (int i = sets.Length - 1; i >= 0; i--) batch.Add(sequences[i], prompts[i].AsSpan(^1), LogitsOf.Last);
        network.Forward(batch, CancellationToken.None);
        for (int i = 0; i < sets.Length; i++) AssertClose(alone[i], batch.Logits(sets.Length - 1 - i));
        Assert.True(Difference(alone[0], fixture.Logits(prompts[0], new ScaledAdapter(a))) > 0.1f, "The adapter changes too little to be seen.");
        foreach (KvSequence sequence in sequences) sequence.Dispose();
    }

    [Fact]
    public void A_sequence_without_adapters_gives_the_same_bits_whatever_is_loaded()
    {
        using var fixture = new AdapterFixture();
        float[] before = fixture.Logits(s_tokens);
        using LoraAdapter adapter = fixture.Load();
        fixture.Logits(s_tokens, new ScaledAdapter(adapter));
        Assert.Equal(before, fixture.Logits(s_tokens));
        Assert.Equal(before, fixture.Logits(s_tokens, new ScaledAdapter(adapter, 0)));
        Assert.Equal(before, fixture.Logits(s_tokens, new ScaledAdapter(adapter, 0.5f), new ScaledAdapter(adapter, -0.5f)));
    }

    [Fact]
    public void Naming_an_adapter_twice_adds_its_scales()
    {
        using var fixture = new AdapterFixture();
        using LoraAdapter adapter = fixture.Load();
        Assert.Equal(fixture.Logits(s_tokens, new ScaledAdapter(adapter, 0.75f)), fixture.Logits(s_tokens, new ScaledAdapter(adapter, 0.5f), new ScaledAdapter(adapter, 0.25f)));
    }

    [Fact]
    public void A_disposed_adapter_stays_until_the_last_sequence_with_it_has_ended()
    {
        using var fixture = new AdapterFixture();
        LoraAdapter adapter = fixture.Load();
        float[] expected = fixture.Logits(s_tokens, new ScaledAdapter(adapter));
        KvSequence first = fixture.Network.NewSequence([new(adapter)]), second = fixture.Network.NewSequence([new(adapter)]);
        fixture.Tiny.Run(first, s_tokens.AsSpan(0, 10));
        adapter.Dispose();
        adapter.Dispose();
        Assert.Throws<ObjectDisposedException>(() => fixture.Network.NewSequence([new(adapter)]));
        AssertClose(expected, fixture.Tiny.Run(second, s_tokens));
        second.Dispose();
        second.Dispose();
        Assert.False(adapter.IsFreed);
        AssertClose(expected, fixture.Tiny.Run(first, s_tokens.AsSpan(10)));
        first.Dispose();
        Assert.True(adapter.IsFreed);
    }

    [Fact]
    public void An_adapter_works_without_its_file()
    {
        using var fixture = new AdapterFixture();
        using LoraAdapter adapter = fixture.Load();
        float[] expected = fixture.Logits(s_tokens, new ScaledAdapter(adapter));
        File.WriteAllText(adapter.Info.Path, "");
        Assert.Equal(expected, fixture.Logits(s_tokens, new ScaledAdapter(adapter)));
    }

    [Fact]
    public void A_refused_set_holds_none_of_its_adapters()
    {
        using var fixture = new AdapterFixture();
        using var other = new AdapterFixture();
        LoraAdapter good = fixture.Load(seed: 1), disposed = fixture.Load(seed: 2);
        using LoraAdapter foreign = other.Load();
        disposed.Dispose();
        Assert.Throws<ObjectDisposedException>(() => fixture.Network.NewSequence([new(good), new(disposed)]));
        Assert.Throws<ArgumentException>(() => fixture.Network.NewSequence([new(good), new(foreign)]));
        good.Dispose();
        Assert.True(good.IsFreed);
    }

    [Fact]
    public async Task Cancelling_halfway_leaves_no_adapter_behind_for_the_next_batch()
    {
        using var fixture = new AdapterFixture();
        using LoraAdapter adapter = fixture.Load();
        float[] expected = fixture.Logits(s_tokens);
        using KvSequence adapted = fixture.Network.NewSequence([new(adapter)]);
        using var batch = new Batch(64);
        batch.Add(adapted, TinyNetwork.Tokens(64), LogitsOf.All);

        // Cancels as soon as the pass has taken its pages; should it end all the same before that is noticed, it goes again.
        for (bool wasCancelled = false; !wasCancelled;)
        {
            using var source = new CancellationTokenSource();
            Task pass = Task.Run(() => fixture.Network.Forward(batch, source.Token));
            SpinWait.SpinUntil(() => pass.IsCompleted || fixture.Network.Cache.PagesInUse > 0);
            source.Cancel();
            wasCancelled = await Record.ExceptionAsync(() => pass) is OperationCanceledException;
            if (!wasCancelled) adapted.Truncate(0);
        }

        Assert.Equal(expected, fixture.Logits(s_tokens));
    }

    [Fact]
    public void Tells_what_its_file_says()
    {
        using var fixture = new AdapterFixture("qwen3");
        string path = fixture.At("told.gguf");
        GgufWriter writer = TinyAdapter.Keys("qwen3", alpha: 32);
        writer.Set("adapter.lora.task_name", "rhymes");
        writer.Set("adapter.lora.prompt_prefix", "In verse: ");
        writer.Set("adapter.alora.invocation_tokens", new uint[] { 5, 306 });
        writer.AddTensor("blk.0.ffn_up.weight.lora_a", TensorType.F32, [96, 4], new byte[96 * 4 * 4]);
        writer.AddTensor("blk.0.ffn_up.weight.lora_b", TensorType.F16, [4, 160], new byte[4 * 160 * 2]);
        writer.AddTensor("blk.0.attn_norm.weight", TensorType.F32, [96], new byte[96 * 4]);
        writer.Write(path);

        using LoraAdapter adapter = fixture.Network.LoadAdapter(path);
        AdapterInfo info = adapter.Info;
        Assert.Equal(("tiny adapter", "qwen3", 4, 32f), (info.Name, info.Architecture, info.Rank, info.Alpha));
        Assert.Equal(("rhymes", "In verse: "), (info.TaskName, info.PromptPrefix));
        Assert.Equal([5, 306], info.InvocationTokens);
        Assert.Equal(["blk.0.ffn_up.weight"], info.Tensors);
        Assert.Equal(info.Tensors, AdapterInfo.Read(path).Tensors);
        Assert.Equal(info.Rank, fixture.Network.CheckAdapter(path).Rank);
    }

    private static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual) =>
        Assert.True(Difference(expected, actual) <= 1e-3f, $"The logits differ by up to {Difference(expected, actual)}.");

    private static float Difference(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        float most = 0;
        for (int i = 0; i < expected.Length; i++) most = MathF.Max(most, MathF.Abs(expected[i] - actual[i]) / (1 + MathF.Abs(expected[i])));
        return most;
    }
}
