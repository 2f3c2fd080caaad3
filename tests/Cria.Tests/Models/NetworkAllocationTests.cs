using Cria.Gguf;
using Cria.Models;

namespace Cria.Tests.Models;

/// <summary>Alone in the process, so that what is counted is the network's.</summary>
[CollectionDefinition(nameof(NetworkAllocationTests), DisableParallelization = true)]
[Collection(nameof(NetworkAllocationTests))]
public sealed class NetworkAllocationTests
{
    [Theory]
    [InlineData("llama", TensorType.F32)]
    [InlineData("llama", TensorType.Q4_K)]
    [InlineData("gpt-oss", TensorType.MXFP4)]
    [InlineData("gemma3", TensorType.Q8_0)]
    [InlineData("llama", TensorType.F32, true)]
    [InlineData("gpt-oss", TensorType.F32, true)]
    public void A_step_allocates_nothing_on_any_thread(string architecture, TensorType type, bool hasAdapter = false)
    {
        using var tiny = new TinyNetwork(new NetworkOptions { Threads = 2, MaxBatch = 64 }, architecture, type);
        using LoraAdapter? adapter = hasAdapter ? tiny.LoadAdapter() : null;
        using KvSequence sequence = tiny.Network.NewSequence(adapter is null ? [] : [new(adapter)]);
        using var batch = new Batch(8);
        tiny.Run(sequence, TinyNetwork.Tokens(100));
        for (int i = 0; i < 5; i++) Step();

        // The whole process's bytes tell of the workers too, but also of what the runtime does now and then: the least counts.
        long leastOfAll = long.MaxValue;
        for (int i = 0; i < 20; i++)
        {
            long all = GC.GetTotalAllocatedBytes(precise: true), mine = GC.GetAllocatedBytesForCurrentThread();
            Step();
            mine = GC.GetAllocatedBytesForCurrentThread() - mine;
            leastOfAll = Math.Min(leastOfAll, GC.GetTotalAllocatedBytes(precise: true) - all);
            Assert.Equal(0, mine);
        }

        Assert.Equal(0, leastOfAll);

        void Step()
        {
            batch.Clear();
            batch.Add(sequence, [7], LogitsOf.Last);
            tiny.Network.Forward(batch, CancellationToken.None);
        }
    }
}
