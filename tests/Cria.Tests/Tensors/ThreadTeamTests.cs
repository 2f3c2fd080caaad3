using System.Runtime.InteropServices;
using Cria.Tensors;

namespace Cria.Tests.Tensors;

public sealed unsafe class ThreadTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_task_runs_once_and_before_the_call_returns(int threads)
    {
        using var team = new ThreadTeam(threads);
        int* counts = stackalloc int[100];
        for (int round = 1; round <= 2000; round++)
        {
            int tasks = round % 100;
            var work = new Count { Counts = counts };
            team.Run(ref work, tasks);
            for (int i = 0; i < 100; i++)
            {
                Assert.Equal(i < tasks ? 1 : 0, counts[i]);
                counts[i] = 0;
            }
        }
    }

    [Fact]
    public void Members_have_numbers_of_their_own()
    {
        using var team = new ThreadTeam(3);
        int* members = stackalloc int[200];
        var work = new Members { Inside = members, Failures = members + 100 };
        for (int round = 0; round < 200; round++) team.Run(ref work, 50);
        Assert.Equal(0, members[100]);
    }

    [Fact]
    public void A_cancelled_team_leaves_its_tasks_and_says_so()
    {
        using var team = new ThreadTeam(2);
        using var cancellation = new CancellationTokenSource();
        var handle = GCHandle.Alloc(cancellation);
        try
        {
            team.Cancellation = cancellation.Token;
            int done = 0;
            var work = new CancelFirst { Source = GCHandle.ToIntPtr(handle), Done = &done };
            Assert.Throws<OperationCanceledException>(() => Run(team, work, 1_000_000));
            Assert.InRange(done, 1, 1000);

            team.Cancellation = default;
            int* counts = stackalloc int[10];
            var after = new Count { Counts = counts };
            team.Run(ref after, 10);
            for (int i = 0; i < 10; i++) Assert.Equal(1, counts[i]);
        }
        finally
        {
            handle.Free();
        }
    }

    [Fact]
    public void Disposing_ends_the_threads_and_twice_is_harmless()
    {
        var team = new ThreadTeam(4);
        team.Dispose();
        team.Dispose();
    }

    private static void Run<TWork>(ThreadTeam team, TWork work, int tasks)
        where TWork : unmanaged, IParallelWork => team.Run(ref work, tasks);

    private struct Count : IParallelWork
    {
        public int* Counts;

        public readonly void Execute(int task, int worker) => Interlocked.Increment(ref Counts[task]);
    }

    /// <summary>No two tasks may be inside the same member at once.</summary>
    private struct Members : IParallelWork
    {
        public int* Inside;
        public int* Failures;

        public readonly void Execute(int task, int worker)
        {
            if (worker is < 0 or > 2 || Interlocked.Increment(ref Inside[worker]) != 1) Interlocked.Increment(ref *Failures);
            Thread.SpinWait(20);
            Interlocked.Decrement(ref Inside[worker]);
        }
    }

    private struct CancelFirst : IParallelWork
    {
        public nint Source;
        public int* Done;

        public readonly void Execute(int task, int worker)
        {
            ((CancellationTokenSource)GCHandle.FromIntPtr(Source).Target!).Cancel();
            Interlocked.Increment(ref *Done);
        }
    }
}
