using Cria.Gguf;
using TestModels;

// dotnet run -c Release --project tests/TestModels -- bench-model OUT [--type Q4_K_M] [--seed 1]
// dotnet run -c Release --project tests/TestModels -- tiny-model OUT [--architecture llama] [--type F32] [--seed 1] [--variants TiedOutput,YarnRope]
if (args.Length < 2 || args.Length % 2 != 0 || args[0] is not ("bench-model" or "tiny-model"))
{
    Console.Error.WriteLine("usage: bench-model OUT [--type Q4_K_M] [--seed N]");
    Console.Error.WriteLine("       tiny-model OUT [--architecture llama] [--type F32] [--seed N] [--variants A,B]");
    return 2;
}

if (args[0] == "bench-model") BenchModel.Write(args[1], Option("type", "Q4_K_M"), int.Parse(Option("seed", "1")));
else TinyModel.Write(args[1], Option("architecture", "llama"), Enum.Parse<TensorType>(Option("type", "F32")), int.Parse(Option("seed", "1")), Enum.Parse<TinyVariants>(Option("variants", "None")));
return 0;

string Option(string name, string absent)
{
    int at = Array.IndexOf(args, $"--{name}");
    return at < 0 ? absent : args[at + 1];
}
