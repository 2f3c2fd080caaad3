using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Cria.Bench.Kernels;

/// <summary>Times the kernels, each on one thread, in one table with the ceilings.</summary>
internal static class KernelRun
{
    public static int Run(string[] arguments)
    {
        // In this process: the kernels are compiled fully optimised at once, so nothing is gained by one process for each.
        Job job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(3).WithIterationCount(8)
            .WithIterationTime(Perfolizer.Horology.TimeInterval.FromMilliseconds(100));
        IConfig config = ManualConfig.CreateEmpty()
            .AddJob(job)
            .AddLogger(ConsoleLogger.Default)
            .AddExporter(MarkdownExporter.GitHub)
            .AddColumnProvider(DefaultColumnProviders.Descriptor, DefaultColumnProviders.Params)
            .AddColumn(StatisticColumn.Median, StatisticColumn.StdDev)
            .AddColumn(new RateColumn("GB/s", work => work.Bytes), new RateColumn("GOP/s", work => work.Operations))
            .WithOptions(ConfigOptions.JoinSummary);
        if (arguments.Length == 0) arguments = ["--filter", "*"];
        Type[] types = [typeof(Ceilings), typeof(MatrixKernelTimes), typeof(InputTimes), typeof(VectorKernelTimes), typeof(AttentionTimes)];
        BenchmarkSwitcher.FromTypes(types).Run(arguments, config);
        return 0;
    }
}
