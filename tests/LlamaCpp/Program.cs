using LlamaCpp;

// The child side of LlamaCppProcess: llama.cpp's libraries in a process of their own, so that a crash or an abort of
// native code ends this process and not the tests. Arguments: the folder of the libraries, and optionally the
// processor backend to use (haswell, zen4, sse42, …) instead of the best for this processor.
if (args.Length is 0 or > 2)
{
    Console.Error.WriteLine("usage: LlamaCpp FOLDER [BACKEND]");
    return 2;
}

NativeLibraries.Load(args[0], args.Length > 1 ? args[1] : null);
using var server = new OracleServer();
server.Run(Console.OpenStandardInput(), Console.OpenStandardOutput());
return 0;
