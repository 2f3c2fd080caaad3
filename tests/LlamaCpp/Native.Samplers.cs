using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;

namespace LlamaCpp;

internal static unsafe partial class Native
{
    [LibraryImport(Llama)]
    public static partial nint llama_sampler_chain_init([MarshalAs(UnmanagedType.U1)] bool withoutPerformance);

    [LibraryImport(Llama)]
    public static partial void llama_sampler_chain_add(nint chain, nint sampler);

    [LibraryImport(Llama)]
    public static partial void llama_sampler_accept(nint sampler, int token);

    [LibraryImport(Llama)]
    public static partial void llama_sampler_apply(nint sampler, TokenDataArray* candidates);

    [LibraryImport(Llama)]
    public static partial void llama_sampler_free(nint sampler);

    [LibraryImport(Llama)]
    public static partial nint llama_sampler_init_greedy();

    [LibraryImport(Llama)]
    public static partial nint llama_sampler_init_dist(uint seed);

    [LibraryImport(Llama)]
    public static partial nint llama_sampler_init_top_k(int k);

    [LibraryImport(Llama)]
    public static partial nint llama_sampler_init_top_p(float p, nuint minKeep);

    [LibraryImport(Llama)]
    public static partial nint llama_sampler_init_min_p(float p, nuint minKeep);

    [LibraryImport(Llama)]
    public static partial nint llama_sampler_init_typical(float p, nuint minKeep);

    [LibraryImport(Llama)]
    public static partial nint llama_sampler_init_temp(float t);

    [LibraryImport(Llama)]
    public static partial nint llama_sampler_init_temp_ext(float t, float delta, float exponent);

    [LibraryImport(Llama)]
    public static partial nint llama_sampler_init_xtc(float p, float t, nuint minKeep, uint seed);

    [LibraryImport(Llama)]
    public static partial nint llama_sampler_init_top_n_sigma(float n);

    [LibraryImport(Llama)]
    public static partial nint llama_sampler_init_mirostat(int vocabularySize, uint seed, float tau, float eta, int m);

    [LibraryImport(Llama)]
    public static partial nint llama_sampler_init_mirostat_v2(uint seed, float tau, float eta);

    [LibraryImport(Llama)]
    public static partial nint llama_sampler_init_grammar(
        nint vocab, [MarshalUsing(typeof(Utf8StringMarshaller))] string grammar, [MarshalUsing(typeof(Utf8StringMarshaller))] string root);

    [LibraryImport(Llama)]
    public static partial nint llama_sampler_init_penalties(int vocabularySize, int lastN, float repeat, float frequency, float presence);

    [LibraryImport(Llama)]
    public static partial nint llama_sampler_init_dry(
        nint vocab, float multiplier, float @base, int allowedLength, int lastN, byte** breakers, nuint breakerCount);

    [LibraryImport(Llama)]
    public static partial nint llama_sampler_init_logit_bias(int vocabularySize, int count, LogitBias* biases);

    [StructLayout(LayoutKind.Sequential)]
    public struct TokenData
    {
        public int Id;
        public float Logit;
        public float Probability;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct TokenDataArray
    {
        public TokenData* Data;
        public nuint Size;
        public long Selected;
        public bool Sorted;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct LogitBias
    {
        public int Token;
        public float Bias;
    }
}
