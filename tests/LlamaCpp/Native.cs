using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;

// Lets structs with C bools pass by value as they are.
[assembly: DisableRuntimeMarshalling]

namespace LlamaCpp;

/// <summary>llama.cpp v0.5.0's C interface, as far as the tests use it; layouts follow its llama.h.</summary>
internal static unsafe partial class Native
{
    public const string Llama = "llama";
    public const string Ggml = "ggml";

    [LibraryImport(Ggml)]
    public static partial void ggml_backend_load_all_from_path([MarshalUsing(typeof(Utf8StringMarshaller))] string folder);

    [LibraryImport(Ggml)]
    public static partial nint ggml_backend_load([MarshalUsing(typeof(Utf8StringMarshaller))] string path);

    [LibraryImport(Llama)]
    public static partial void llama_backend_init();

    [LibraryImport(Llama)]
    public static partial void llama_log_set(delegate* unmanaged[Cdecl]<int, byte*, void*, void> callback, void* userData);

    [LibraryImport(Llama)]
    public static partial ModelParameters llama_model_default_params();

    [LibraryImport(Llama)]
    public static partial ContextParameters llama_context_default_params();

    [LibraryImport(Llama)]
    public static partial QuantizeParameters llama_model_quantize_default_params();

    [LibraryImport(Llama)]
    public static partial nint llama_model_load_from_file(
        [MarshalUsing(typeof(Utf8StringMarshaller))] string path, ModelParameters parameters);

    [LibraryImport(Llama)]
    public static partial void llama_model_free(nint model);

    [LibraryImport(Llama)]
    public static partial nint llama_init_from_model(nint model, ContextParameters parameters);

    [LibraryImport(Llama)]
    public static partial void llama_free(nint context);

    [LibraryImport(Llama)]
    public static partial uint llama_model_quantize(
        [MarshalUsing(typeof(Utf8StringMarshaller))] string input,
        [MarshalUsing(typeof(Utf8StringMarshaller))] string output,
        QuantizeParameters* parameters);

    [LibraryImport(Llama)]
    public static partial nint llama_adapter_lora_init(nint model, [MarshalUsing(typeof(Utf8StringMarshaller))] string path);

    [LibraryImport(Llama)]
    public static partial int llama_set_adapters_lora(nint context, nint* adapters, nuint count, float* scales);

    [LibraryImport(Llama)]
    public static partial nint llama_get_memory(nint context);

    [LibraryImport(Llama)]
    public static partial void llama_memory_clear(nint memory, [MarshalAs(UnmanagedType.U1)] bool data);

    [LibraryImport(Llama)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool llama_memory_seq_rm(nint memory, int sequence, int start, int end);

    [LibraryImport(Llama)]
    public static partial int llama_decode(nint context, Batch batch);

    [LibraryImport(Llama)]
    public static partial void llama_synchronize(nint context);

    [LibraryImport(Llama)]
    public static partial float* llama_get_logits_ith(nint context, int index);

    [LibraryImport(Llama)]
    public static partial float* llama_get_embeddings_ith(nint context, int index);

    [LibraryImport(Llama)]
    public static partial float* llama_get_embeddings_seq(nint context, int sequence);

    [LibraryImport(Llama)]
    public static partial nint llama_model_get_vocab(nint model);

    [LibraryImport(Llama)]
    public static partial int llama_model_n_ctx_train(nint model);

    [LibraryImport(Llama)]
    public static partial int llama_model_n_embd(nint model);

    [LibraryImport(Llama)]
    public static partial uint llama_model_n_cls_out(nint model);

    [LibraryImport(Llama)]
    public static partial ulong llama_model_n_params(nint model);

    [LibraryImport(Llama)]
    public static partial int llama_vocab_type(nint vocab);

    [LibraryImport(Llama)]
    public static partial int llama_vocab_n_tokens(nint vocab);

    [LibraryImport(Llama)]
    public static partial int llama_vocab_bos(nint vocab);

    [LibraryImport(Llama)]
    public static partial int llama_vocab_eos(nint vocab);

    [LibraryImport(Llama)]
    public static partial int llama_vocab_eot(nint vocab);

    [LibraryImport(Llama)]
    public static partial int llama_vocab_sep(nint vocab);

    [LibraryImport(Llama)]
    public static partial int llama_vocab_nl(nint vocab);

    [LibraryImport(Llama)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool llama_vocab_get_add_bos(nint vocab);

    [LibraryImport(Llama)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool llama_vocab_get_add_eos(nint vocab);

    [LibraryImport(Llama)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool llama_vocab_get_add_sep(nint vocab);

    [LibraryImport(Llama)]
    public static partial byte* llama_vocab_get_text(nint vocab, int token);

    [LibraryImport(Llama)]
    public static partial float llama_vocab_get_score(nint vocab, int token);

    [LibraryImport(Llama)]
    public static partial int llama_vocab_get_attr(nint vocab, int token);

    [LibraryImport(Llama)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool llama_vocab_is_eog(nint vocab, int token);

    [LibraryImport(Llama)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool llama_vocab_is_control(nint vocab, int token);

    [LibraryImport(Llama)]
    public static partial int llama_tokenize(nint vocab, byte* text, int length, int* tokens, int capacity,
        [MarshalAs(UnmanagedType.U1)] bool addSpecial, [MarshalAs(UnmanagedType.U1)] bool parseSpecial);

    [LibraryImport(Llama)]
    public static partial int llama_token_to_piece(nint vocab, int token, byte* buffer, int capacity, int leftStrip,
        [MarshalAs(UnmanagedType.U1)] bool special);

    [LibraryImport(Llama)]
    public static partial int llama_detokenize(nint vocab, int* tokens, int count, byte* text, int capacity,
        [MarshalAs(UnmanagedType.U1)] bool removeSpecial, [MarshalAs(UnmanagedType.U1)] bool unparseSpecial);

    [StructLayout(LayoutKind.Sequential)]
    public struct ModelParameters
    {
        public nint Devices;
        public nint BufferTypeOverrides;
        public int GpuLayers;
        public int SplitMode;
        public int LoadMode;
        public int LazyMode;
        public int MainGpu;
        public nint TensorSplit;
        public nint Progress;
        public nint ProgressData;
        public nint KeyValueOverrides;
        public bool VocabularyOnly;
        public bool CheckTensors;
        public bool UseExtraBuffers;
        public bool NoHost;
        public bool NoAllocation;
        public bool LoadMtp;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct ContextParameters
    {
        public uint Context;
        public uint Batch;
        public uint MicroBatch;
        public uint MaxSequences;
        public uint RecurrentSnapshots;
        public uint MaxOutputs;
        public uint MaxOutputsPerSequence;
        public int Threads;
        public int ThreadsBatch;
        public int ContextType;
        public int RopeScalingType;
        public int PoolingType;
        public int AttentionType;
        public int FlashAttention;
        public float RopeFrequencyBase;
        public float RopeFrequencyScale;
        public float YarnExtensionFactor;
        public float YarnAttentionFactor;
        public float YarnBetaFast;
        public float YarnBetaSlow;
        public uint YarnOriginalContext;
        public float DefragmentationThreshold;
        public nint Evaluate;
        public nint EvaluateData;
        public int KeyType;
        public int ValueType;
        public nint Abort;
        public nint AbortData;
        public bool Embeddings;
        public bool OffloadKqv;
        public bool NoPerformance;
        public bool OffloadOperations;
        public bool FullSlidingWindow;
        public bool UnifiedCache;
        public nint Samplers;
        public nuint SamplerCount;
        public nint Other;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct QuantizeParameters
    {
        public int Threads;
        public int FileType;
        public int OutputType;
        public int EmbeddingType;
        public bool AllowRequantize;
        public bool QuantizeOutput;
        public bool OnlyCopy;
        public bool Pure;
        public bool KeepSplit;
        public bool DryRun;
        public nint ImportanceMatrix;
        public nint KeyValueOverrides;
        public nint TypeOverrides;
        public nint PruneLayers;
        public nuint MaxBuffer;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Batch
    {
        public int Count;
        public int* Tokens;
        public float* Embeddings;
        public int* Positions;
        public int* SequenceCounts;
        public int** Sequences;
        public sbyte* Outputs;
    }
}
