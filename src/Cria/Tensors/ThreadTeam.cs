using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Cria.Tensors;

/// <summary>Work that can be cut into numbered tasks; each task runs once, on any member of the team.</summary>
internal interface IParallelWork
{
    void Execute(int task, int worker);
}

/// <summary>
/// The threads that share one computation: the caller and its workers. Workers spin for a while after each piece of work,
/// because a forward pass is hundreds of pieces a few microseconds apart, and sleep when nothing comes.
/// </summary>
/// <remarks>
/// One piece of work is open at a time. A worker joins by raising the count of members inside it; the caller closes it when
/// no task is left and waits only for those that joined, so that a worker the system has put aside delays nobody.
/// Each member begins with a stretch of neighbouring tasks of its own and then helps the others with theirs: reading on where
/// it stopped, a member keeps the memory's stream going, so that tasks can be small and all members end together.
/// </remarks>
internal sealed unsafe class ThreadTeam : IDisposable
{
    private const long Open = 1L << 31;
    private const long EpochUnit = 1L << 32;

    private static readonly long SpinTicks = Stopwatch.Frequency / 500;

    private readonly Worker[] _workers;
    private readonly Stretch[] _stretches;
    private Shared _shared;
    private volatile bool _stopping;
    private void* _work;
    private delegate*<void*, int, int, void> _execute;

    public ThreadTeam(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _stretches = new Stretch[threads];
        _workers = new Worker[threads - 1];
        for (int i = 0; i < _workers.Length; i++) _workers[i] = new Worker(this, i + 1);
    }

    /// <summary>The number of members, the caller included.</summary>
    public int Size => _workers.Length + 1;

    /// <summary>When cancelled, members take no further tasks and <see cref="Run"/> throws.</summary>
    public CancellationToken Cancellation { get; set; }

    /// <summary>Runs tasks 0 … <paramref name="tasks"/>-1 and returns when all have ended.</summary>
    public void Run<TWork>(ref TWork work, int tasks)
        where TWork : unmanaged, IParallelWork
    {
        if (tasks <= 1 || _workers.Length == 0)
        {
            for (int task = 0; task < tasks && !Cancellation.IsCancellationRequested; task++) work.Execute(task, 0);
        }
        else
        {
            fixed (TWork* pinned = &work)
            {
                Share(pinned, &ExecuteTask<TWork>, tasks);
            }
        }

        Cancellation.ThrowIfCancellationRequested();
    }

    public void Dispose()
    {
        if (_stopping) return;
        _stopping = true;
        foreach (Worker worker in _workers) worker.Wake();
        foreach (Worker worker in _workers) worker.Join();
    }

    private static void ExecuteTask<TWork>(void* work, int task, int worker)
        where TWork : unmanaged, IParallelWork => ((TWork*)work)->Execute(task, worker);

    private void Share(void* work, delegate*<void*, int, int, void> execute, int tasks)
    {
        _work = work;
        _execute = execute;
        for (int member = 0; member < _stretches.Length; member++)
        {
            _stretches[member].Next = (int)((long)tasks * member / _stretches.Length);
            _stretches[member].End = (int)((long)tasks * (member + 1) / _stretches.Length);
        }

        long epoch = (Volatile.Read(ref _shared.State) & ~(EpochUnit - 1)) + EpochUnit;
        Interlocked.Exchange(ref _shared.State, epoch | Open);
        foreach (Worker worker in _workers) worker.WakeIfAsleep();

        TakeTasks(0);

        Interlocked.And(ref _shared.State, ~Open);
        var wait = new SpinWait();
        int spins = 0;
        while (Volatile.Read(ref _shared.State) != epoch)
        {
            // Yielding matters only where threads outnumber processors; until then a short pause keeps the latency low.
            if (++spins < 4096) Thread.SpinWait(4);
            else wait.SpinOnce(-1);
        }
    }

    private void TakeTasks(int member)
    {
        for (int i = 0; i < _stretches.Length; i++)
        {
            ref Stretch stretch = ref _stretches[(member + i) % _stretches.Length];
            while (true)
            {
                int task = Interlocked.Increment(ref stretch.Next) - 1;
                if (task >= stretch.End) break;
                if (Cancellation.IsCancellationRequested) return;
                _execute(_work, task, member);
            }
        }
    }

    /// <summary>The word all members write, on a cache line of its own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Shared
    {
        /// <summary>Epoch in the upper half; below it the open bit and the number of workers inside.</summary>
        [FieldOffset(128)]
        public long State;
    }

    /// <summary>The tasks that one member begins with, on a cache line of their own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Stretch
    {
        [FieldOffset(64)]
        public int Next;

        [FieldOffset(68)]
        public int End;
    }

    private sealed class Worker
    {
        private readonly ThreadTeam _team;
        private readonly int _member;
        private readonly AutoResetEvent _signal = new(false);
        private readonly Thread _thread;
        private int _asleep;

        public Worker(ThreadTeam team, int member)
        {
            _team = team;
            _member = member;
            _thread = new Thread(Live) { IsBackground = true, Name = $"Cria worker {member}" };
            _thread.Start();
        }

        public void WakeIfAsleep()
        {
            if (Volatile.Read(ref _asleep) != 0) Wake();
        }

        public void Wake() => _signal.Set();

        public void Join()
        {
            _thread.Join();
            _signal.Dispose();
        }

        private void Live()
        {
            long done = 0;
            while (!_team._stopping)
            {
                long state = AwaitOpen(done);
                if (state == 0) continue;
                if (Interlocked.CompareExchange(ref _team._shared.State, state + 1, state) != state) continue;
                done = state & ~(EpochUnit - 1);
                _team.TakeTasks(_member);
                Interlocked.Decrement(ref _team._shared.State);
            }
        }

        /// <summary>Returns the state of open work that this worker has not done yet, or 0 after having slept.</summary>
        private long AwaitOpen(long done)
        {
            long deadline = Stopwatch.GetTimestamp() + SpinTicks;
            for (int spins = 1; ; spins++)
            {
                long state = Volatile.Read(ref _team._shared.State);
                if (IsNewWork(state, done)) return state;
                if (_team._stopping) return 0;
                Thread.SpinWait(4);
                if ((spins & 63) == 0 && Stopwatch.GetTimestamp() > deadline) break;
            }

            Interlocked.Exchange(ref _asleep, 1);
            if (!IsNewWork(Volatile.Read(ref _team._shared.State), done) && !_team._stopping) _signal.WaitOne();
            Volatile.Write(ref _asleep, 0);
            return 0;
        }

        private static bool IsNewWork(long state, long done) => (state & Open) != 0 && (state & ~(EpochUnit - 1)) != done;
    }
}
