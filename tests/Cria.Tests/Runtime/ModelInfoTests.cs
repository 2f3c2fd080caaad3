using Cria.Gguf;

namespace Cria.Tests.Runtime;

public class ModelInfoTests(TinyModelFile file) : IClassFixture<TinyModelFile>
{
    [Fact]
    public void Tells_what_the_file_says()
    {
        ModelInfo info = ModelInfo.Read(file.Path);

        Assert.Equal((TinyModelFile.Name, "llama", "llama"), (info.Name, info.Architecture, info.Tokenizer));
        Assert.Equal((1024, 96, 4, 6, 2, 307), (info.TrainedContextLength, info.EmbeddingLength, info.LayerCount, info.HeadCount, info.KeyValueHeadCount, info.VocabularySize));
        Assert.Equal(new FileInfo(file.Path).Length, info.FileBytes);
        Assert.Equal(TensorType.F32, info.MainType);
        Assert.False(info.HasChatTemplate);
        Assert.Equal("96", info.Metadata["llama.embedding_length"]);
        Assert.DoesNotContain("tokenizer.ggml.tokens", info.Metadata.Keys);
    }

    [Fact]
    public void Counts_the_weights()
    {
        ModelInfo info = ModelInfo.Read(file.Path);

        // Per layer: two norms, q and output of 96², k and v of 96 · 32, three matrices of 96 · 160.
        const long layer = 2 * 96 + 2 * 96 * 96 + 2 * 96 * 32 + 3 * 96 * 160;
        Assert.Equal(4 * layer + 2 * 307 * 96 + 96, info.ParameterCount);
        Assert.Equal(4 * 9 + 3, info.TensorTypes[TensorType.F32]);
    }

    [Fact]
    public void Bears_files_that_say_next_to_nothing()
    {
        string path = Path.Combine(Path.GetDirectoryName(file.Path)!, "bare.gguf");
        var writer = new GgufWriter();
        writer.Set("general.architecture", "strange");
        writer.Write(path);

        ModelInfo info = ModelInfo.Read(path);

        Assert.Equal(("bare", "strange", null), (info.Name, info.Architecture, info.Tokenizer));
        Assert.Equal((0, 0, 0, 0L), (info.LayerCount, info.HeadCount, info.VocabularySize, info.ParameterCount));
        Assert.Null(info.MainType);
    }
}
