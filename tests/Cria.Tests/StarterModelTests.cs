using Cria.Starter;
using Cria.Testing;

namespace Cria.Tests;

public sealed class StarterModelTests
{
    [Fact]
    public void The_starter_model_is_what_its_generator_writes()
    {
        string path = Path.Combine(Path.GetTempPath(), $"starter-{Guid.NewGuid():N}.gguf");
        try
        {
            StarterModel.Write(path);
            byte[] written = File.ReadAllBytes(path);
            byte[] committed = File.ReadAllBytes(Path.Combine(Repository.Root, "src/Cria.Cli/Models/starter.gguf"));
            Assert.True(written.AsSpan().SequenceEqual(committed),
                "Write it anew: dotnet run -c Release --project tools/StarterModel -- src/Cria.Cli/Models/starter.gguf");
        }
        finally
        {
            File.Delete(path);
        }
    }
}
