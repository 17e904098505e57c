using BenchmarkDotNet.Running;
using Benchmarks;

// tests/Benchmarks/run calls these one after another; each prints one figure or one line of them.
return args switch
{
    ["hash", var seconds] => HashRate.Run(TimeSpan.FromSeconds(Parse(seconds))),
    ["sign-ins", var origin, var email, var password, var warm, var seconds] => await SignIns.RunAsync(
        new Uri(origin),
        email,
        password,
        TimeSpan.FromSeconds(Parse(warm)),
        TimeSpan.FromSeconds(Parse(seconds))
    ),
    ["resets", var origin, var perSecond, var warm, var seconds] => await Resets.RunAsync(
        new Uri(origin),
        Parse(perSecond),
        TimeSpan.FromSeconds(Parse(warm)),
        TimeSpan.FromSeconds(Parse(seconds))
    ),
    ["wide", var origin, var atOnce, var warm, var seconds] => await Resets.RunWideAsync(
        new Uri(origin),
        Parse(atOnce),
        TimeSpan.FromSeconds(Parse(warm)),
        TimeSpan.FromSeconds(Parse(seconds))
    ),
    ["burst", var origin, var received, var people, var warm] => await Burst.RunAsync(
        new Uri(origin),
        new DirectoryInfo(received),
        Parse(people),
        Parse(warm)
    ),
    ["lists", var origin, var email, var password] => await Lists.RunAsync(new Uri(origin), email, password),
    ["micro", ..] => Micro(args[1..]),
    _ => Usage(),
};

static int Parse(string text) => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

static int Micro(string[] args)
{
    BenchmarkSwitcher.FromAssembly(typeof(HashRate).Assembly).Run(args);
    return 0;
}

static int Usage()
{
    Console.Error.WriteLine(
        "hash SECONDS | sign-ins ORIGIN EMAIL PASSWORD WARM SECONDS | resets ORIGIN RATE WARM SECONDS | wide ORIGIN AT-ONCE WARM SECONDS | burst ORIGIN RECEIVED PEOPLE WARM | lists ORIGIN EMAIL PASSWORD | micro"
    );
    return 2;
}
