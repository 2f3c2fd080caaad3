using System.Globalization;
using Cria.Tests.Gguf;
using TestModels;
using Xunit.Abstractions;

namespace Cria.Tests.Models.Adapters;

/// <summary>
/// Loads damaged adapters and computes with those that load: they work or are refused with a <see cref="CriaException"/>.
/// CRIA_FUZZ_MUTANTS says how many (500 unless told otherwise).
/// </summary>
public sealed class AdapterFuzzTests(ITestOutputHelper output)
{
    [Fact]
    public void A_damaged_adapter_works_or_is_refused_with_a_typed_error()
    {
        int mutants = int.Parse(Environment.GetEnvironmentVariable("CRIA_FUZZ_MUTANTS") ?? "500", CultureInfo.InvariantCulture);
        using var fixture = new AdapterFixture(variants: TinyVariants.Experts);
        using var folder = new TemporaryFolder();
        GgufSpecimen[] specimens =
        [
            Specimen(fixture.Write(seed: 1, rank: 4, name => name.StartsWith("blk.1.", StringComparison.Ordinal))),
            Specimen(fixture.Write(seed: 2, rank: 1, name => !name.StartsWith("blk.", StringComparison.Ordinal))),
        ];
        int loaded = 0;
        var refusals = new HashSet<string>();
        for (int i = 0; i < mutants; i++)
        {
            var random = new Random(i);
            byte[] bytes = specimens[i % 2].Mutate(random, specimens[random.Next(2)].Bytes);
            string path = folder.Write(bytes, "mutant.gguf");
            Exception? error = Record.Exception(() =>
            {
                using LoraAdapter adapter = fixture.Network.LoadAdapter(path);
                fixture.Logits(TinyNetwork.Tokens(3), new ScaledAdapter(adapter));
            });
            Assert.True(error is null or CriaException, $"Mutant {i} ended with {error}.");
            if (error is null) loaded++;
            else refusals.Add(string.Concat(error.Message.Where(c => !char.IsAsciiDigit(c)).Take(60)));
        }

        output.WriteLine($"{mutants} mutants: {loaded} loaded, refused for {refusals.Count} reasons.");
        // Mutations that are all refused at the door, or do no harm, would test nothing.
        Assert.InRange(loaded, mutants / 20, mutants * 19 / 20);
        Assert.True(refusals.Count > 15, "The mutants are refused for too few reasons.");
    }

    private static GgufSpecimen Specimen(string path) => new(Path.GetFileName(path), File.ReadAllBytes(path));
}
