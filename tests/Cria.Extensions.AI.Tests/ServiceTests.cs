using Cria.Tests.Runtime;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Cria.Extensions.AI.Tests;

public class ServiceTests(TinyModelFile file) : IClassFixture<TinyModelFile>
{
    private static readonly ChatOptions s_short = new() { Temperature = 0, MaxOutputTokens = 2 };

    [Fact]
    public async Task One_model_is_loaded_at_first_use_for_all_clients_and_goes_with_the_container()
    {
        ServiceProvider services = new ServiceCollection().AddCria(file.Path, Small).AddCriaChatClient().AddCriaEmbeddingGenerator().BuildServiceProvider();
        var client = services.GetRequiredService<IChatClient>();
        var generator = services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
        Assert.Null(client.GetService<LlamaModel>());

        await Task.WhenAll(client.GetResponseAsync("Hi", s_short), generator.GenerateAsync(["Hi"]), client.GetResponseAsync("Ho", s_short));
        LlamaModel model = client.GetService<LlamaModel>()!;
        Assert.Equal(300, model.ContextLength);
        Assert.Same(model, generator.GetService<LlamaModel>());

        await services.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => model.GenerateAsync("Hi"));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.GetResponseAsync("Hi"));
    }

    [Fact]
    public async Task Models_go_by_keys_and_come_from_the_configuration()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Small:ModelPath"] = file.Path,
            ["Small:ModelId"] = "the-small-one",
            ["Small:ContextLength"] = "64",
        }).Build();
        using ServiceProvider services = new ServiceCollection()
            .AddKeyedCria("small", configuration.GetSection("Small")).AddKeyedCriaChatClient("small")
            .AddKeyedCria("large", file.Path, Small).AddKeyedCriaEmbeddingGenerator("large").BuildServiceProvider();

        var small = services.GetRequiredKeyedService<IChatClient>("small");
        Assert.Equal("the-small-one", (await small.GetResponseAsync("Hi", s_short)).ModelId);
        Assert.Equal(64, small.GetService<LlamaModel>()!.ContextLength);
        Assert.Equal(300, (await services.GetRequiredKeyedService<CriaModelHost>("large").GetModelAsync()).ContextLength);
        Assert.Null(services.GetService<IChatClient>());
    }

    [Fact]
    public async Task A_missing_file_is_told_by_name_and_may_come_later()
    {
        string path = Path.Combine(Path.GetDirectoryName(file.Path)!, "later.gguf");
        using ServiceProvider services = new ServiceCollection().AddCria(path, Small).AddCriaChatClient().BuildServiceProvider();
        var client = services.GetRequiredService<IChatClient>();
        var host = services.GetRequiredService<CriaModelHost>();
        Assert.Null(host.LoadError);
        Assert.Contains(path, (await Assert.ThrowsAnyAsync<ModelLoadException>(() => client.GetResponseAsync("Hi", s_short))).Message);
        Assert.IsAssignableFrom<ModelLoadException>(host.LoadError);

        File.Copy(file.Path, path);
        await client.GetResponseAsync("Hi", s_short);
        Assert.Null(host.LoadError);
    }

    [Fact]
    public void Options_without_a_file_are_refused()
    {
        using ServiceProvider services = new ServiceCollection().AddCria(new ConfigurationBuilder().Build()).BuildServiceProvider();
        Assert.Contains("ModelPath", Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<CriaModelHost>()).Message);
    }

    [Fact]
    public async Task Embeddings_are_those_of_the_engine()
    {
        await using LlamaModel model = await LlamaModel.LoadAsync(file.Path, new ModelOptions { ContextLength = 300 });
        using IEmbeddingGenerator<string, Embedding<float>> generator = model.AsIEmbeddingGenerator();
        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync(["one", "two"]);

        TextEmbedding expected = await model.EmbedAsync("two", new EmbeddingOptions { Pooling = PoolingType.Mean });
        Assert.Equal(expected.Vector, embeddings[1].Vector.ToArray());
        Assert.Equal(model.Info.EmbeddingLength, generator.GetRequiredService<EmbeddingGeneratorMetadata>().DefaultModelDimensions);
        Assert.True(embeddings.Usage!.InputTokenCount >= 2 * expected.TokenCount - 1);
        await Assert.ThrowsAsync<NotSupportedException>(() => generator.GenerateAsync(["one"], new EmbeddingGenerationOptions { Dimensions = 3 }));
    }

    private static void Small(CriaOptions options)
    {
        options.ContextLength = 300;
        options.ConfigureModel(model => model with { DiskCache = null });
    }
}
