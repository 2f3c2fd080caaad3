using System.Runtime.InteropServices;

namespace LlamaCpp;

/// <summary>A model's tokenizer in llama.cpp.</summary>
internal sealed unsafe class Vocabulary(nint handle)
{
    public nint Handle => handle;

    public int Size { get; } = Native.llama_vocab_n_tokens(handle);

    public VocabularyInfo Describe() => new(
        Native.llama_vocab_type(handle), Size, Native.llama_vocab_bos(handle), Native.llama_vocab_eos(handle),
        Native.llama_vocab_eot(handle), Native.llama_vocab_sep(Handle), Native.llama_vocab_nl(handle), Native.llama_vocab_get_add_bos(handle),
        Native.llama_vocab_get_add_eos(handle), Native.llama_vocab_get_add_sep(handle));

    public TokenInfo Token(int token)
    {
        Check(token);
        return new TokenInfo(Marshal.PtrToStringUTF8((nint)Native.llama_vocab_get_text(handle, token)) ?? "",
            Native.llama_vocab_get_score(handle, token), Native.llama_vocab_get_attr(handle, token),
            Native.llama_vocab_is_eog(handle, token), Native.llama_vocab_is_control(handle, token));
    }

    public int[] Tokenize(byte[] text, bool addSpecial, bool parseSpecial)
    {
        int[] tokens = new int[text.Length + 16];
        while (true)
        {
            int count;
            fixed (byte* bytes = text)
            fixed (int* ids = tokens)
                count = Native.llama_tokenize(handle, bytes, text.Length, ids, tokens.Length, addSpecial, parseSpecial);
            if (count >= 0) return tokens[..count];
            if (count == int.MinValue) throw new InvalidOperationException("The text is too long to tokenize.");
            tokens = new int[-count];
        }
    }

    public byte[] Detokenize(int[] tokens, bool removeSpecial, bool unparseSpecial)
    {
        foreach (int token in tokens) Check(token);
        byte[] text = new byte[tokens.Length * 8 + 16];
        while (true)
        {
            int count;
            fixed (int* ids = tokens)
            fixed (byte* bytes = text)
                count = Native.llama_detokenize(handle, ids, tokens.Length, bytes, text.Length, removeSpecial, unparseSpecial);
            if (count >= 0) return text[..count];
            text = new byte[-count];
        }
    }

    public byte[] Piece(int token, bool special)
    {
        Check(token);
        byte[] text = new byte[32];
        while (true)
        {
            int count;
            fixed (byte* bytes = text) count = Native.llama_token_to_piece(handle, token, bytes, text.Length, 0, special);
            if (count >= 0) return text[..count];
            text = new byte[-count];
        }
    }

    // llama.cpp throws a C++ exception at an unknown token, which would end the process.
    private void Check(int token)
    {
        if ((uint)token >= (uint)Size) throw new InvalidOperationException($"There is no token {token}.");
    }
}
