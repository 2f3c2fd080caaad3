using System.Reflection;
using Xunit.Sdk;

namespace Cria.Testing;

/// <summary>The child side of <see cref="InstructionSets"/>: the test assembly's own entry point, which runs one test class.</summary>
internal static class InstructionSetChild
{
    public const string Command = "run-class";
    public const int Skipped = 77;

    public static int Main(string[] args)
    {
        if (args is not [Command, var className, var levelName] || !Enum.TryParse(levelName, out InstructionSet level))
        {
            Console.Error.WriteLine("These are tests: run them with dotnet test.");
            return 2;
        }

        if (!InstructionSets.IsActive(level))
        {
            Console.Error.WriteLine($"The runtime did not switch to {level}.");
            return 1;
        }

        Type type = typeof(InstructionSetChild).Assembly.GetType(className, throwOnError: true)!;
        int passed = 0, failed = 0;
        foreach (MethodInfo method in type.GetMethods().Where(m => m.GetCustomAttribute<FactAttribute>() is not null))
        {
            foreach (object?[] arguments in Cases(method))
            {
                try
                {
                    Invoke(type, method, arguments);
                    passed++;
                }
                catch (Xunit.SkipException skip)
                {
                    Console.WriteLine(skip.Message);
                    return Skipped;
                }
                catch (Exception e)
                {
                    failed++;
                    Console.WriteLine($"{method.Name}({string.Join(", ", arguments)}): {e}");
                }
            }
        }

        Console.WriteLine($"{passed} passed, {failed} failed");
        return passed > 0 && failed == 0 ? 0 : 1;
    }

    private static IEnumerable<object?[]> Cases(MethodInfo method)
    {
        DataAttribute[] data = [.. method.GetCustomAttributes<DataAttribute>()];
        return data.Length == 0 ? [[]] : data.SelectMany(d => d.GetData(method));
    }

    private static void Invoke(Type type, MethodInfo method, object?[] arguments)
    {
        object? instance = method.IsStatic ? null : Activator.CreateInstance(type);
        try
        {
            object? result = method.Invoke(instance, BindingFlags.DoNotWrapExceptions, null, arguments, null);
            (result as Task)?.GetAwaiter().GetResult();
        }
        finally
        {
            (instance as IDisposable)?.Dispose();
        }
    }
}
