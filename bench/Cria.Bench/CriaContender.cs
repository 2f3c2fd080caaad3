using System.Diagnostics;
using System.Text.Json;

namespace Cria.Bench;

/// <summary>Cria in a child process of this program, so that its memory and its instruction sets are its own.</summary>
internal sealed class CriaContender : IContender
{
    public const string WorkerCommandName = "worker";

    private readonly Process _process;

    /// <summary>Loads a model, on request with nothing beyond AVX2, as on a processor that has no more.</summary>
    public CriaContender(string model, int threads, bool onlyAvx2)
    {
        _process = Start(onlyAvx2);
        try
        {
            double lanes = Ask(new LoadCommand(model, threads));
            if (onlyAvx2 && lanes > 8) throw new InvalidOperationException("AVX-512 is still in use although it was switched off.");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private CriaContender() => _process = Start(onlyAvx2: false);

    public double Measure(Workload workload) => Ask(new MeasureCommand(workload));

    /// <summary>Seconds from asking for the model to its first token, in a fresh process: code gets compiled within that time.</summary>
    public static double FirstToken(string model, int threads)
    {
        using var fresh = new CriaContender();
        return fresh.Ask(new FirstTokenCommand(model, threads));
    }

    /// <summary>The most memory the whole process ever held, the runtime included.</summary>
    public static double PeakBytes(string model, int threads, int prompt, int generate)
    {
        using var fresh = new CriaContender();
        return fresh.Ask(new PeakMemoryCommand(model, threads, prompt, generate));
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            if (!_process.WaitForExit(TimeSpan.FromSeconds(5))) _process.Kill();
        }

        _process.Dispose();
    }

    private static Process Start(bool onlyAvx2)
    {
        string program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet") start.ArgumentList.Add(typeof(CriaContender).Assembly.Location);
        start.ArgumentList.Add(WorkerCommandName);
        if (onlyAvx2) start.Environment["DOTNET_EnableAVX512"] = start.Environment["DOTNET_EnableAVXVNNI"] = "0";
        return Process.Start(start)!;
    }

    private double Ask(WorkerCommand command)
    {
        _process.StandardInput.WriteLine(JsonSerializer.Serialize(command, WorkerJson.Default.WorkerCommand));
        _process.StandardInput.Flush();
        string line = _process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException($"Cria's process ended during {command.GetType().Name}.");
        WorkerAnswer answer = JsonSerializer.Deserialize(line, WorkerJson.Default.WorkerAnswer)!;
        return answer.Error is null ? answer.Value : throw new InvalidOperationException(answer.Error);
    }
}
