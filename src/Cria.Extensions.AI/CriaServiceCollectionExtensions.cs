using Cria.Extensions.AI;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Puts models, and the clients that use them, into a program's services.</summary>
/// <remarks>
/// A model is loaded when it is first needed, once, and disposed with the container. To load it earlier, call
/// <see cref="CriaModelHost.GetModelAsync"/> at the start of the program. Several models go by keys, each with its own options.
/// </remarks>
public static class CriaServiceCollectionExtensions
{
    /// <summary>Adds a model, given by its file.</summary>
    public static IServiceCollection AddCria(this IServiceCollection services, string modelPath, Action<CriaOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(modelPath);
        return services.AddCria(options => Apply(options, modelPath, configure));
    }

    /// <summary>Adds a model, given by a section of the configuration with the members of <see cref="CriaOptions"/>.</summary>
    public static IServiceCollection AddCria(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        Check(services.AddOptions<CriaOptions>().Bind(configuration));
        return Host(services, key: null);
    }

    /// <summary>Adds a model, given by its options.</summary>
    public static IServiceCollection AddCria(this IServiceCollection services, Action<CriaOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        Check(services.AddOptions<CriaOptions>().Configure(configure));
        return Host(services, key: null);
    }

    /// <summary>Adds one of several models, given by its file.</summary>
    public static IServiceCollection AddKeyedCria(
        this IServiceCollection services, string serviceKey, string modelPath, Action<CriaOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(serviceKey);
        ArgumentException.ThrowIfNullOrWhiteSpace(modelPath);
        Check(services.AddOptions<CriaOptions>(serviceKey).Configure(options => Apply(options, modelPath, configure)));
        return Host(services, serviceKey);
    }

    /// <summary>Adds one of several models, given by a section of the configuration with the members of <see cref="CriaOptions"/>.</summary>
    public static IServiceCollection AddKeyedCria(this IServiceCollection services, string serviceKey, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(serviceKey);
        ArgumentNullException.ThrowIfNull(configuration);
        Check(services.AddOptions<CriaOptions>(serviceKey).Bind(configuration));
        return Host(services, serviceKey);
    }

    /// <summary>Adds an <see cref="IChatClient"/> over the model that <c>AddCria</c> adds.</summary>
    public static IServiceCollection AddCriaChatClient(this IServiceCollection services) =>
        services.AddSingleton<IChatClient>(provider => new CriaChatClient(provider.GetRequiredService<CriaModelHost>()));

    /// <summary>Adds an <see cref="IChatClient"/> under a key, over the model that <c>AddKeyedCria</c> adds under the same.</summary>
    public static IServiceCollection AddKeyedCriaChatClient(this IServiceCollection services, string serviceKey)
    {
        ArgumentException.ThrowIfNullOrEmpty(serviceKey);
        return services.AddKeyedSingleton<IChatClient>(
            serviceKey, (provider, key) => new CriaChatClient(provider.GetRequiredKeyedService<CriaModelHost>(key)));
    }

    /// <summary>Adds an embedding generator over the model that <c>AddCria</c> adds.</summary>
    public static IServiceCollection AddCriaEmbeddingGenerator(this IServiceCollection services) =>
        services.AddSingleton<IEmbeddingGenerator<string, Embedding<float>>>(
            provider => new CriaEmbeddingGenerator(provider.GetRequiredService<CriaModelHost>()));

    /// <summary>Adds an embedding generator under a key, over the model that <c>AddKeyedCria</c> adds under the same.</summary>
    public static IServiceCollection AddKeyedCriaEmbeddingGenerator(this IServiceCollection services, string serviceKey)
    {
        ArgumentException.ThrowIfNullOrEmpty(serviceKey);
        return services.AddKeyedSingleton<IEmbeddingGenerator<string, Embedding<float>>>(
            serviceKey, (provider, key) => new CriaEmbeddingGenerator(provider.GetRequiredKeyedService<CriaModelHost>(key)));
    }

    private static void Apply(CriaOptions options, string modelPath, Action<CriaOptions>? configure)
    {
        options.ModelPath = modelPath;
        configure?.Invoke(options);
    }

    private static void Check(OptionsBuilder<CriaOptions> options) => options.Validate(
        choice => !string.IsNullOrWhiteSpace(choice.ModelPath),
        "CriaOptions.ModelPath is empty. Give the path of a GGUF file, in code or in the configuration.");

    private static IServiceCollection Host(IServiceCollection services, string? key)
    {
        if (key is null)
            services.TryAddSingleton(provider => new CriaModelHost(provider.GetRequiredService<IOptions<CriaOptions>>().Value));
        else
            services.TryAddKeyedSingleton(key, (provider, _) => new CriaModelHost(provider.GetRequiredService<IOptionsMonitor<CriaOptions>>().Get(key)));
        return services;
    }
}
