using Cria.Bench;
using Cria.Bench.Kernels;
using LlamaCpp;

// dotnet run -c Release --project bench/Cria.Bench -- compare [--rows A,B] [--quick] …   Cria beside llama.cpp
// dotnet run -c Release --project bench/Cria.Bench -- list                                the rows of the comparison
// dotnet run -c Release --project bench/Cria.Bench -- kernels [--filter *Q4_K*]           each kernel beside the ceilings
// dotnet run -c Release --project bench/Cria.Bench -- prefixes MODEL [TOKENS]             a text read, kept on disk, and taken over
// dotnet run -c Release --project bench/Cria.Bench -- soak [--minutes 10] [--clients 32]  one model under many clients
switch (args.FirstOrDefault())
{
    case "compare":
        return Compare(args);
    case "list":
        foreach (Row row in Rows.All) Console.WriteLine($"{row.Id,-18} {row.Title}");
        Console.WriteLine($"{CompareOptions.Scaling,-18} prefill and decode over numbers of threads");
        return 0;
    case "kernels":
        return KernelRun.Run(args[1..]);
    case "prefixes" when args.Length > 1:
        return PrefixTimes.Run(args[1..]);
    case "soak":
        return await Soak.RunAsync(args[1..]);
    case CriaContender.WorkerCommandName:
        return Worker.Run();
    default:
        Console.Error.WriteLine(CompareOptions.Usage);
        Console.Error.WriteLine("       list");
        Console.Error.WriteLine("       kernels [BenchmarkDotNet's options, as --filter *Q4_K*]");
        Console.Error.WriteLine("       prefixes MODEL [TOKENS]");
        Console.Error.WriteLine("       soak [--minutes N] [--clients N] [--model FILE]");
        return 2;
}

static int Compare(string[] arguments)
{
    try
    {
        CompareOptions options = CompareOptions.Parse(arguments.AsSpan(1));
        LlamaCppInstall.Folder();
        string command = $"dotnet run -c Release --project bench/Cria.Bench -- {string.Join(' ', arguments)}";
        var comparison = new Comparison(options);
        comparison.Run(() =>
        {
            if (options.Output is not null) File.WriteAllText(options.Output, new Report(options, comparison).Write(command));
        });
        Console.Write(new Report(options, comparison).Write(command));
        return 0;
    }
    catch (FormatException exception)
    {
        Console.Error.WriteLine(exception.Message);
        Console.Error.WriteLine(CompareOptions.Usage);
        return 2;
    }
    catch (LlamaCppUnavailableException exception)
    {
        Console.Error.WriteLine(exception.Message);
        return 1;
    }
}
