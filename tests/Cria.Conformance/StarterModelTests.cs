using System.Text;
using Cria.Testing;
using LlamaCpp;

namespace Cria.Conformance;

public sealed class StarterModelTests(Oracle oracle) : IClassFixture<Oracle>
{
    [SkippableTheory]
    [InlineData("Once upon a time", " Mia", " she")]
    [InlineData("Once upon a time, there was a clever boy named Ben", " Ben", " he")]
    public async Task The_starter_model_is_a_llama_that_tells_a_whole_story(string prompt, string hero, string pronoun)
    {
        string path = Path.Combine(Repository.Root, "src/Cria.Cli/Models/starter.gguf");
        LlamaCppProcess llama = oracle.Process;
        llama.Load(path, new LlamaCppOptions { Context = 512 });
        int[] tokens = llama.Greedy(llama.Tokenize(prompt, addSpecial: true), 250);
        int end = Array.IndexOf(tokens, llama.Vocabulary().Eos);
        Assert.InRange(end, 80, 250);

        string story = prompt + Encoding.UTF8.GetString(llama.Detokenize(tokens[..end]));
        Assert.Contains(hero, story);
        Assert.Contains(pronoun, story);
        Assert.EndsWith(".", story);
        Assert.Equal(5, story.Split("\n\n").Length);

        await using LlamaModel cria = await LlamaModel.LoadAsync(path, new ModelOptions { Threads = 1 });
        GenerationResult told = await cria.GenerateAsync(prompt, new GenerationOptions { Temperature = 0 });
        Assert.Equal(story, prompt + told.Text);
        Assert.Equal(FinishReason.EndOfText, told.FinishReason);
    }
}
