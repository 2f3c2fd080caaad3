using Cria.Gguf;
using TestModels;

// dotnet run -c Release --project tests/TestModels -- bench-model OUT [--type Q4_K_M] [--seed 1]
// dotnet run -c Release --project tests/TestModels -- tiny-model OUT [--architecture llama] [--type F32] [--seed 1] [--variants TiedOutput,YarnRope]
// dotnet run -c Release --project tests/TestModels -- adapter OUT --model MODEL [--rank 16] [--type F16] [--seed 1]
switch (args)
{
    case ["bench-model", var path, ..] when args.Length % 2 == 0:
        BenchModel.Write(path, Option("type", "Q4_K_M"), int.Parse(Option("seed", "1")));
        return 0;
    case ["tiny-model", var path, ..] when args.Length % 2 == 0:
        TinyModel.Write(path, Option("architecture", "llama"), Enum.Parse<TensorType>(Option("type", "F32")), int.Parse(Option("seed", "1")), Enum.Parse<TinyVariants>(Option("variants", "None")));
        return 0;
    case ["adapter", var path, ..] when args.Length % 2 == 0 && args.Contains("--model"):
        TinyAdapter.Write(path, Option("model", ""), int.Parse(Option("rank", "16")), type: Enum.Parse<TensorType>(Option("type", "F16")), seed: int.Parse(Option("seed", "1")));
        return 0;
    default:
        Console.Error.WriteLine("usage: bench-model OUT [--type Q4_K_M] [--seed N]");
        Console.Error.WriteLine("       tiny-model OUT [--architecture llama] [--type F32] [--seed N] [--variants A,B]");
        Console.Error.WriteLine("       adapter OUT --model MODEL [--rank 16] [--type F16] [--seed N]");
        return 2;
}

string Option(string name, string absent)
{
    int at = Array.IndexOf(args, $"--{name}");
    return at < 0 ? absent : args[at + 1];
}
