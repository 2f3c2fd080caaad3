using Cria.Runtime;

namespace Cria.Tests.Runtime;

public sealed class DeviceTests(TinyModelFile file) : IClassFixture<TinyModelFile>, IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("cria-").FullName;

    [Fact]
    public async Task Without_GPU_layers_there_is_nothing_to_say()
    {
        var told = new List<string>();
        await using LlamaModel model = await LlamaModel.LoadAsync(file.Path, new ModelOptions { Threads = 1, OnWarning = told.Add });
        Assert.Equal((false, null), (model.IsGpuEnabled, model.GpuDisabledReason));
        Assert.Empty(told);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(-1)]
    public async Task GPU_layers_that_were_asked_for_are_computed_on_the_CPU_and_that_is_said_once(int layers)
    {
        var told = new List<string>();
        await using LlamaModel model = await LlamaModel.LoadAsync(file.Path, new ModelOptions { Threads = 1, GpuLayers = layers, OnWarning = told.Add });
        await model.GenerateAsync("the", new GenerationOptions { MaxTokens = 2 });

        Assert.False(model.IsGpuEnabled);
        Assert.Equal(model.GpuDisabledReason, Assert.Single(told));
    }

    [Fact]
    public async Task Fewer_layers_than_all_are_refused()
    {
        var error = await Assert.ThrowsAsync<InvalidOptionException>(() => LlamaModel.LoadAsync(file.Path, new ModelOptions { GpuLayers = -2 }));
        Assert.Equal(nameof(ModelOptions.GpuLayers), error.Option);
    }

    [SkippableFact]
    public void The_reason_says_how_many_were_asked_for_and_what_stays_unused()
    {
        Skip.If(OperatingSystem.IsMacOS(), "There, the reason always names Metal.");
        Assert.Null(GpuDevices.DisabledReason(0, _root));
        Assert.Equal("This version computes on the CPU only; 20 GPU layers were asked for.", GpuDevices.DisabledReason(20, _root));
        Assert.Equal("This version computes on the CPU only; 1 GPU layer was asked for.", GpuDevices.DisabledReason(1, _root));
        Write("proc/driver/nvidia/gpus/0000:01:00.0/information", "Model: \t\t NVIDIA H200\nIRQ:   \t\t 11\n");
        Assert.Equal(
            "This version computes on the CPU only; GPU layers were asked for, and this machine's GPU (NVIDIA H200) stays unused.",
            GpuDevices.DisabledReason(-1, _root));
    }

    [SkippableTheory]
    [InlineData("sys/class/drm/card0/device/vendor", "0x1002\n", "AMD")]
    [InlineData("sys/class/drm/card1/device/vendor", "0x8086\n", "Intel")]
    [InlineData("proc/driver/nvidia/version", "NVRM version: …\n", "NVIDIA")]
    // The screen of a virtual machine.
    [InlineData("sys/class/drm/card0/device/vendor", "0x1234\n", null)]
    [InlineData("proc/driver/nvidia/gpus/0/other", "\n", null)]
    public void A_GPU_is_known_by_its_driver_or_its_maker(string path, string text, string? name)
    {
        Skip.If(OperatingSystem.IsMacOS(), "There, the system is asked nothing.");
        Write(path, text);
        Assert.Equal(name, GpuDevices.Find(_root));
    }

    private void Write(string path, string text)
    {
        string full = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
