using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Cria.Bench.Kernels;

/// <summary>The bytes that one call must read and write, and the additions and multiplications that its result takes.</summary>
public readonly record struct Work(double Bytes, double Operations);

/// <summary>A class of benchmarks that knows how much each of its methods does.</summary>
public interface IMeasuredWork
{
    Work WorkOf(string method);
}

/// <summary>Thousand millions of something per second, from the median time.</summary>
internal sealed class RateColumn(string name, Func<Work, double> amount) : IColumn
{
    public string Id => name;

    public string ColumnName => name;

    public string Legend => $"{name}, from the median";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        if (summary[benchmarkCase]?.ResultStatistics is not { } statistics) return "?";
        var owner = (IMeasuredWork)Activator.CreateInstance(benchmarkCase.Descriptor.Type)!;
        foreach (BenchmarkDotNet.Parameters.ParameterInstance parameter in benchmarkCase.Parameters.Items)
            benchmarkCase.Descriptor.Type.GetProperty(parameter.Name)!.SetValue(owner, parameter.Value);
        using var _ = owner as IDisposable;
        double total = amount(owner.WorkOf(benchmarkCase.Descriptor.WorkloadMethod.Name));
        // Operations per nanosecond are thousand millions a second.
        return total == 0 ? "" : (total / statistics.Median).ToString("F1", CultureInfo.InvariantCulture);
    }

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);
}
