using System.Security.Cryptography;
using Cria.Gguf;
using Cria.Testing;

namespace Cria.Tests.Gguf;

/// <summary>Vocabularies that llama.cpp publishes; the hashes are of each text followed by a zero byte, as another parser reads them.</summary>
public sealed class GgufRealFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("bert-bge", "tokenizer.ggml.tokens", 30522, "16D2662BE9F2096A")]
    [InlineData("gpt-2", "tokenizer.ggml.tokens", 50257, "970836353B582D0B")]
    [InlineData("gpt-2", "tokenizer.ggml.merges", 50000, "CDA7B3BAB7CE890C")]
    [InlineData("llama-bpe", "tokenizer.ggml.tokens", 128256, "6BB6260C5C190A86")]
    [InlineData("llama-bpe", "tokenizer.ggml.merges", 280147, "CFE2E1CA857E8578")]
    [InlineData("llama-spm", "tokenizer.ggml.tokens", 32000, "07C89855EE836004")]
    [InlineData("qwen2", "tokenizer.ggml.tokens", 151936, "1B49988C61D8740D")]
    [InlineData("qwen2", "tokenizer.ggml.merges", 151387, "7DD03EEAAB5131CB")]
    public void Reads_the_texts_of_a_real_vocabulary(string name, string key, int count, string hash)
    {
        using GgufFile file = GgufFile.Open(Path.Combine(TestData.Folder, "vocab", $"ggml-vocab-{name}.gguf"));
        GgufStrings texts = file.Metadata.GetStrings(key)!;
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < texts.Count; i++)
        {
            sha.AppendData(texts.Utf8(i));
            sha.AppendData([0]);
        }

        Assert.Equal(count, texts.Count);
        Assert.StartsWith(hash, Convert.ToHexString(sha.GetHashAndReset()));
        Assert.Empty(file.Tensors);
    }

    [SkippableFact]
    public void Copies_real_vocabularies_byte_for_byte()
    {
        foreach (string path in TestData.Files("vocab", "*.gguf"))
        {
            var writer = new GgufWriter();
            using (GgufFile file = GgufFile.Open(path)) writer.CopyMetadata(file.Metadata);
            Assert.True(File.ReadAllBytes(_folder.Write(writer)).AsSpan().SequenceEqual(File.ReadAllBytes(path)), path);
        }
    }
}
