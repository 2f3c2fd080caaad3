using Cria.Starter;

// Writes the starter model: dotnet run -c Release --project tools/StarterModel -- src/Cria.Cli/Models/starter.gguf
if (args is not [var path])
{
    Console.Error.WriteLine("usage: StarterModel FILE.gguf");
    return 2;
}

Console.WriteLine(StarterModel.Write(path));
return 0;
