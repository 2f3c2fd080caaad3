using Cria.Gguf;
using Cria.Text;
using TestModels;

namespace Cria.Tests.Text;

/// <summary>Opens the tokenizer of a small vocabulary.</summary>
internal static class TinyTokenizer
{
    public static Tokenizer Open(TinyVocabulary vocabulary)
    {
        string path = Path.GetTempFileName();
        try
        {
            vocabulary.Write(path);
            using GgufFile file = GgufFile.Open(path);
            return Tokenizer.FromFile(file);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>A byte-level BPE without merges but for those given, each a pair parted by a space.</summary>
    public static TinyVocabulary ByteLevel(string preTokenizer, params string[] merges) =>
        TinyVocabulary.Empty("gpt2").AddNormal([.. "abcdefghijklmnopqrstuvwxyz'Ġ1".Select(c => c.ToString())])
            .Set("tokenizer.ggml.pre", preTokenizer).Set("tokenizer.ggml.merges", merges);
}
