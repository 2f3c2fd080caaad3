using System.Globalization;
using System.Text.Json;
using Cria.Gguf;
using Cria.Tensors.Kernels;
using TestModels;

namespace Cria.Bench;

/// <summary>The child side of <see cref="CriaContender"/>: answers commands from standard input until it ends.</summary>
internal sealed class Worker : IDisposable
{
    private NetworkTimer? _timer;

    public static int Run()
    {
        using var worker = new Worker();
        while (Console.In.ReadLine() is { } line)
        {
            WorkerAnswer answer;
            try
            {
                answer = new WorkerAnswer(worker.Answer(JsonSerializer.Deserialize(line, WorkerJson.Default.WorkerCommand)!));
            }
            catch (Exception exception)
            {
                answer = new WorkerAnswer(0, exception.ToString());
            }

            Console.Out.WriteLine(JsonSerializer.Serialize(answer, WorkerJson.Default.WorkerAnswer));
        }

        return 0;
    }

    public void Dispose() => _timer?.Dispose();

    private double Answer(WorkerCommand command)
    {
        switch (command)
        {
            case LoadCommand load:
                _timer?.Dispose();
                _timer = new NetworkTimer(load.Model, load.Threads);
                return MatrixKernels.For(TensorType.Q4_K).Lanes;
            case MeasureCommand measure:
                return _timer!.Measure(measure.Workload);
            case FirstTokenCommand first:
                return FirstToken(first).GetAwaiter().GetResult();
            case PeakMemoryCommand peak:
                return PeakMemory(peak).GetAwaiter().GetResult();
            default:
                throw new InvalidOperationException($"Unknown command {command.GetType().Name}.");
        }
    }

    // As a user does it: the public API, nothing warm.
    private static async Task<double> FirstToken(FirstTokenCommand command)
    {
        int[] prompt = Contenders.Tokens(BenchModel.Vocabulary, Contenders.FirstTokenPrompt);
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        await using LlamaModel model = await LlamaModel.LoadAsync(command.Model, new ModelOptions { Threads = command.Threads });
        await model.GenerateAsync(prompt, new GenerationOptions { MaxTokens = 1, Temperature = 0, IgnoreEos = true });
        return System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<double> PeakMemory(PeakMemoryCommand command)
    {
        await using LlamaModel model = await LlamaModel.LoadAsync(command.Model, new ModelOptions { Threads = command.Threads });
        int[] prompt = Contenders.Tokens(BenchModel.Vocabulary, command.Prompt);
        await model.GenerateAsync(prompt, new GenerationOptions { MaxTokens = command.Generate, Temperature = 0, IgnoreEos = true });
        const string Key = "VmHWM:";
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(Key, StringComparison.Ordinal));
        return double.Parse(line[Key.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024;
    }
}
