namespace LargeSteps.Experiments.Docs;

/// <summary>The codes of results and folders, and of the machine.</summary>
internal static class ProgramErrors
{
    public static ErrorGroup Results { get; } = new("Command line, results and folders",
    [
        new("LS0300", "the command line is not understood",
            "A verb or an option is unknown, an argument is missing or too many, or a value is none that the option takes.",
            "Write the line as the message suggests; `--help` after a verb lists its options."),
        new("LS0301", "a file or folder cannot be used",
            "The system refuses to read or write a file: it is not there, may not be written to, or the disk is full.",
            "Put right what the message says, or choose another folder with `--output`."),
        new("LS0302", "no such device",
            "The word after `--device` is not the name of a device.",
            "Write `auto`, `cpu`, `cuda` or `cuda:N`."),
        new("LS0303", "no such folder",
            "The folder is not there, or has nothing of what the command looks for in it: configs, or results with an " +
            "`experiment.yaml`.",
            "Check the path; results are in `results/NAME`."),
        new("LS0304", "results are missing",
            "The folder does not have the results of all runs of its experiment. Where some are there, this is a warning, and the " +
            "charts show them.",
            "Run the experiment with `--resume`, which makes what is missing."),
        new("LS0305", "a run failed",
            "A run stopped because of an error, not because it diverged: a run that diverges is a result. The other runs are kept, and of " +
            "this one the measurements before it.",
            "Read the message of the run; the same command with `--resume` tries it again."),
        new("LS0306", "not a unit",
            "A unit is the result of one run and seed, and `why` compares units. What is named is none, is damaged, or is a folder " +
            "where a config is expected.",
            "Name a config or `units/NAME.arrow` first, then a unit or a folder of results."),
        new("LS0307", "a damaged history",
            "A `run.json` of the folder cannot be read, so that it is unknown which results it uses. Nothing is deleted.",
            "Put the file back, and prune again."),
        new("LS0308", "the folder is in use",
            "Another program is at work on another experiment in this folder, and the two would overwrite each other's tables.",
            "Wait until it has ended, or choose another name or another folder with `--output`."),
        new("LS0309", "an output cannot be written to",
            "Standard output, the log or the files for TensorBoard cannot be written to. The results are as they should be.",
            "Look for a full disk or a pipe that was closed; the same command with `--resume` writes the output again."),
        new("LS0311", "no Slurm",
            "The commands of Slurm are not on this machine, or not in its PATH.",
            "Submit from a machine of the cluster, or take `--engine local`."),
        new("LS0312", "a command of Slurm fails",
            "A command of Slurm has failed; what it says stands behind.",
            "Put right what it says, mostly an option of the job like the partition or the time limit."),
        new("LS0313", "jobs that still wait or run",
            "Jobs that were submitted of this folder have not ended, and others would make the same units.",
            "Wait for them, `status` tells how far they are, or end them with `cancel`; then submit what is left."),
        new("LS0314", "notes that are too long",
            "What `view` keeps beside results, in `notes.yaml`, is a few lines and words.",
            "Write less, and the rest in a file of your own."),
        new("LS0315", "a port cannot be listened to",
            "Another program listens to this port, or only an administrator may.",
            "Choose another one with `--port`; 0 takes one that is free."),
        new("LS0320", "other results that are not there",
            "A figure names the results of another experiment that are not in the same folder of results yet, or a run or a metric that " +
            "they do not have. This is a warning: the figure is drawn with what is there.",
            "Run the other experiment with the same `--output`, and draw the figure again with `plot`."),
        new("LS0321", "a file in the way",
            "The verb `new` writes a config, and a file of that name is there already. It is left as it is.",
            "Choose another name, or another file or folder with `--output`."),
        new("LS0399", "a bug of the program",
            "The program met something that it does not expect. It is not the config's fault, whatever is in it.",
            "Report it with the command, the config and the text of the error."),
    ]);

    public static ErrorGroup Machine { get; } = new("Machine and devices",
    [
        new("LS0401", "libtorch cannot be loaded",
            "The native library of PyTorch is not there, or does not work on this system.",
            "Build the program again, or set `LARGESTEPS_LIBTORCH` to the lib folder of a PyTorch that works here."),
        new("LS0402", "the device is not available",
            "A CUDA device is asked for, and libtorch does not see it: there is none, its driver is missing, or libtorch is the one for " +
            "CPUs.",
            "Use `--device cpu`, or set `LARGESTEPS_LIBTORCH` to the lib folder of a PyTorch with CUDA."),
        new("LS0403", "not enough memory",
            "The runs need more memory than there is, for their data, their measurements or their training.",
            "Run fewer at a time with `--workers`, or make the data or the number of measurements smaller."),
    ]);
}
