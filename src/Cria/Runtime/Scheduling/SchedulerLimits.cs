namespace Cria.Runtime;

/// <summary>How many requests a model takes.</summary>
/// <param name="Parallel">As many advance together.</param>
/// <param name="Queue">As many wait beside them.</param>
internal readonly record struct SchedulerLimits(int Parallel, int Queue);
