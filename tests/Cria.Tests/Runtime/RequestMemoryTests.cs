using Cria.Runtime;

namespace Cria.Tests.Runtime;

/// <summary>Alone in the process, so that what is counted is the model's.</summary>
[CollectionDefinition(nameof(RequestMemoryTests), DisableParallelization = true)]
[Collection(nameof(RequestMemoryTests))]
public sealed class RequestMemoryTests(BadDayTests.Files files) : IClassFixture<BadDayTests.Files>
{
    private const int WarmUp = 800, Requests = 2000;

    // Pools and remembered masks of grammars still grow by a few dozen KB now and then; a request that left 128 bytes behind would leave this.
    private const int Tolerance = 256 * 1024;

    [Fact]
    public async Task Two_thousand_requests_of_all_kinds_good_bad_and_cancelled_leave_no_memory_behind()
    {
        Engine engine = ModelLoader.Load(files.Model, files.Options, null, CancellationToken.None);
        await using var model = new LlamaModel(engine);
        var random = new Random(3);
        long managed = 0, work = 0, cache = 0;
        for (int i = 0; i < WarmUp + Requests; i++)
        {
            if (i == WarmUp) (managed, work, cache) = Measure();
            await RequestAsync(i);
        }

        (long managedAfter, long workAfter, long cacheAfter) = Measure();
        Assert.Equal((work, cache), (workAfter, cacheAfter));
        Assert.InRange(managedAfter, 0, managed + Tolerance);
        Assert.Equal(0, engine.Network!.Cache.PagesInUse);

        async Task RequestAsync(int number)
        {
            using var cancellation = new CancellationTokenSource();
            Task<Exception?> request = Record.ExceptionAsync(() => number % 5 == 4
                ? BadDayTests.Mistakes[number / 5 % BadDayTests.Mistakes.Count].Call(model, files)
                : BadDayTests.Calls.ElementAt(number % BadDayTests.Calls.Count).Value(model, files, cancellation.Token));
            if (number % 3 == 0)
            {
                Thread.SpinWait(random.Next(1 << random.Next(4, 16)));
                cancellation.Cancel();
            }

            await request;
        }

        (long Managed, long Work, long Cache) Measure()
        {
            // What is remembered of texts is no leak.
            model.PurgeCache();
            return (GC.GetTotalMemory(forceFullCollection: true), engine.Network!.WorkBytes, engine.Network.CacheBytes);
        }
    }
}
