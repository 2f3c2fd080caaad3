using Cria.Runtime;
using Cria.Runtime.Drafts;

namespace Cria.Tests.Runtime;

public class DraftGaugeTests
{
    private static readonly float[] s_half = [0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f];
    private static readonly float[] s_certain = [1, 1, 1, 1, 1, 1, 1, 1];

    [Fact]
    public void Checks_all_guesses_where_further_tokens_cost_nothing()
    {
        Assert.Equal(15, new DraftGauge(Meter(_ => 1), s_half).Choose(1, 15, evidence: 0, secondsPerToken: 0));
        Assert.Equal(3, new DraftGauge(Meter(_ => 1), s_half).Choose(1, 3, evidence: 0, secondsPerToken: 0));
    }

    [Fact]
    public void Checks_no_guess_where_a_token_costs_as_much_as_a_pass()
    {
        Assert.Equal(0, new DraftGauge(Meter(tokens => tokens), s_certain).Choose(1, 15, 0, 0));
        Assert.Equal(0, new DraftGauge(Meter(_ => 1), s_half).Choose(1, 15, 0, secondsPerToken: 1));
    }

    [Fact]
    public void Checks_as_many_as_fit_the_cheap_sizes_of_a_pass()
    {
        // Up to four tokens at twice the time of one, and from there on each as much as one.
        var meter = Meter(tokens => tokens == 1 ? 1 : tokens <= 4 ? 2 : tokens);
        Assert.Equal(3, new DraftGauge(meter, s_certain).Choose(1, 15, 0, 0));
        Assert.Equal(0, new DraftGauge(meter, s_half).Choose(1, 15, 0, 0));
    }

    [Fact]
    public void Learns_from_each_guess_whether_it_was_right()
    {
        var gauge = new DraftGauge(Meter(tokens => 1 + 0.3 * (tokens - 1)), s_certain);
        Assert.Equal(15, gauge.Choose(1, 15, evidence: 40, 0));
        for (int i = 0; i < 100; i++) gauge.Observe(evidence: 40, isRight: false);
        Assert.Equal(0, gauge.Choose(1, 15, evidence: 40, 0));
        // Other evidence is another matter.
        Assert.True(gauge.Choose(1, 15, evidence: 2, 0) > 0);
        for (int i = 0; i < 100; i++) gauge.Observe(evidence: 40, isRight: true);
        Assert.True(gauge.Choose(1, 15, evidence: 40, 0) > 0);
    }

    [Fact]
    public void Checks_fewer_where_many_texts_share_the_pass()
    {
        PassMeter meter = Meter(tokens => tokens <= 8 ? 1 : tokens / 8.0);
        var alone = new DraftGauge(meter, s_half);
        Assert.InRange(alone.Choose(1, 15, 0, 0), 4, 7);

        meter.Note(texts: 8, tokens: 8, 1);
        var shared = new DraftGauge(meter, s_half);
        shared.Look(ownTokens: 1);
        Assert.Equal(0, shared.Choose(1, 15, 0, 0));
    }

    [Fact]
    public void Tries_declined_guesses_again_now_and_then_ever_less_often()
    {
        var gauge = new DraftGauge(Meter(tokens => tokens), s_half);
        int[] tries = [.. Enumerable.Range(1, 1000).Where(_ => gauge.Choose(1, 15, 0, 0) > 0)];
        Assert.Equal([64, 64 + 128, 64 + 128 + 256, 64 + 128 + 256 + 512], tries);
    }

    [Fact]
    public void Decides_nothing_before_a_pass_was_measured()
    {
        Assert.Equal(0, new DraftGauge(new PassMeter(), s_certain).Choose(1, 15, 0, 0));
    }

    [Fact]
    public void A_meter_fills_gaps_and_forgets_a_slow_pass_sooner_than_a_quick_one()
    {
        var meter = new PassMeter();
        Assert.Null(meter.Seconds(1));
        meter.Note(1, 2, 2);
        meter.Note(1, 10, 6);
        Assert.Null(meter.Seconds(1));
        Assert.Equal(2, meter.Seconds(2));
        Assert.Equal(4, meter.Seconds(6));
        Assert.True(meter.Seconds(20) > 6);
        Assert.Null(meter.Seconds(PassMeter.Most + 1));

        meter.Note(1, 2, 1000);
        Assert.InRange(meter.Seconds(2)!.Value, 2, 3);
        meter.Note(1, 2, 0.5);
        Assert.InRange(meter.Seconds(2)!.Value, 0.5, 1.75);
    }

    private static PassMeter Meter(Func<int, double> seconds)
    {
        var meter = new PassMeter();
        for (int tokens = PassMeter.Most; tokens > 0; tokens--) meter.Note(1, tokens, seconds(tokens));
        return meter;
    }
}
