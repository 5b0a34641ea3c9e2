namespace LargeSteps.Running;

/// <summary>
/// The events of runs for any number of observers: given to <see cref="ExperimentRunner"/> as their receiver, it tells everyone who has
/// subscribed. Observers are called on the workers' threads, never two at a time, so a slow one holds up the runs. Disposing it completes
/// them.
/// </summary>
public sealed class RunEvents : IObservable<RunEvent>, IProgress<RunEvent>, IDisposable
{
    private readonly Lock _telling = new();
    private List<IObserver<RunEvent>> _observers = [];
    private bool _completed;

    /// <summary>Tells an observer of all events from now on; at once that there are no more, where that is so.</summary>
    /// <returns>What ends the subscription.</returns>
    public IDisposable Subscribe(IObserver<RunEvent> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        lock (_telling)
        {
            if (_completed) observer.OnCompleted();
            else _observers = [.. _observers, observer];
        }
        return new Subscription(this, observer);
    }

    /// <summary>Calls a function for each event from now on.</summary>
    /// <returns>What ends the subscription.</returns>
    public IDisposable Subscribe(Action<RunEvent> onNext) => Subscribe(new Caller(onNext));

    /// <summary>Tells all observers of an event.</summary>
    public void Report(RunEvent value)
    {
        lock (_telling)
            foreach (var observer in _observers) observer.OnNext(value);
    }

    /// <summary>Tells all observers that there are no more events.</summary>
    public void Dispose()
    {
        lock (_telling)
        {
            var observers = _observers;
            (_completed, _observers) = (true, []);
            foreach (var observer in observers) observer.OnCompleted();
        }
    }

    // The list is replaced, not changed: an observer may end its subscription while it is told of an event.
    private void Remove(Subscription subscription)
    {
        lock (_telling)
        {
            var at = _observers.IndexOf(subscription.Observer);
            if (at >= 0) _observers = [.. _observers.Take(at), .. _observers.Skip(at + 1)];
        }
    }

    private sealed class Subscription(RunEvents events, IObserver<RunEvent> observer) : IDisposable
    {
        private int _ended;

        public IObserver<RunEvent> Observer => observer;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _ended, 1) == 0) events.Remove(this);
        }
    }

    private sealed class Caller(Action<RunEvent> onNext) : IObserver<RunEvent>
    {
        public void OnNext(RunEvent value) => onNext(value);

        public void OnCompleted() { }

        public void OnError(Exception error) { }
    }
}
