namespace Cria;

/// <summary>How many requests a model has at a moment.</summary>
/// <param name="Active">Those that advance together, at most <see cref="ModelOptions.ParallelRequests"/>.</param>
/// <param name="Queued">Those that wait in line behind them.</param>
public readonly record struct RequestCounts(int Active, int Queued);
