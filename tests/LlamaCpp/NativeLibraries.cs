using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace LlamaCpp;

/// <summary>Loads llama.cpp's libraries from their folder and collects what they log.</summary>
internal static unsafe class NativeLibraries
{
    private static readonly Lock LogLock = new();
    private static readonly StringBuilder Log = new();

    public static void Load(string folder, string? backend)
    {
        // Loaded by full path; their run path is their own folder, so that they find each other there.
        nint llama = NativeLibrary.Load(Path.Combine(folder, "libllama.v0.5.0.so"));
        nint ggml = NativeLibrary.Load(Path.Combine(folder, "libggml.v0.5.0.so"));
        NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(),
            (name, _, _) => name switch { Native.Llama => llama, Native.Ggml => ggml, _ => 0 });

        Native.llama_log_set(&OnLog, null);
        if (backend is null)
        {
            Native.ggml_backend_load_all_from_path(folder);
        }
        else if (Native.ggml_backend_load(Path.Combine(folder, $"libggml-cpu-{backend}.so")) == 0)
        {
            throw new InvalidOperationException($"The processor backend {backend} does not load on this machine. {TakeLog()}");
        }

        Native.llama_backend_init();
    }

    /// <summary>The warnings and errors logged since the last call.</summary>
    public static string TakeLog()
    {
        lock (LogLock)
        {
            string text = Log.ToString().Trim();
            Log.Clear();
            return text;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnLog(int level, byte* text, void* userData)
    {
        const int warning = 3, error = 4;
        if (level is not (warning or error)) return;
        lock (LogLock) Log.Append(Marshal.PtrToStringUTF8((nint)text));
    }
}
